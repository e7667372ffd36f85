import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTabChannel, type Hint, type TabChannel } from '../../src/tabs/tab-channel.ts'
import { createDeferred } from '../support/deferred.ts'

const hint: Hint = { sessionId: 'session-one', generation: 2 }
const last: Hint = { sessionId: 'the last one', generation: 0 }

/** What no version of this library says, or another one does. */
const garbage: readonly unknown[] = [
  undefined,
  null,
  7,
  'text',
  [],
  {},
  hint,
  { ...hint, latchkey: 2 },
  { ...hint, latchkey: '1' },
  { latchkey: 1, sessionId: 'session-one' },
  { latchkey: 1, sessionId: 7, generation: 2 },
  { latchkey: 1, sessionId: 'session-one', generation: '2' },
]

const opened: { close(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
})
const keep = <Closable extends { close(): void }>(one: Closable): Closable => {
  opened.push(one)
  return one
}

/** A window to dispatch at; Node has no events of its own. */
const stubWindow = () => {
  const page = new EventTarget()
  for (const verb of ['addEventListener', 'removeEventListener'] as const)
    vi.stubGlobal(verb, vi.fn(page[verb].bind(page)))
  return page
}

describe('over BroadcastChannel', () => {
  /** A tab, and all it has heard before it heard `last`. */
  const listen = (name: string) => {
    const heard: Hint[] = []
    const all = createDeferred<Hint[]>()
    const channel = createTabChannel(name, each =>
      each.sessionId === last.sessionId ? all.resolve(heard) : heard.push(each),
    )
    return { channel: keep(channel), all: all.promise }
  }

  test('a message reaches every other channel of that name, in this page too, and not its own', async () => {
    const [one, two, three] = [listen('main'), listen('main'), listen('main')]
    one.channel.post(hint)
    one.channel.post(last)
    expect(await two.all).toEqual([hint])
    expect(await three.all).toEqual([hint])
    two.channel.post(last)
    expect(await one.all).toEqual([])
    expect(one.channel.isReliable).toBe(true)
  })

  test('names are kept apart', async () => {
    const [main, other, speaker] = [listen('main'), listen('other'), listen('main')]
    speaker.channel.post(hint)
    listen('other').channel.post(last)
    expect(await other.all).toEqual([])
    speaker.channel.post(last)
    expect(await main.all).toEqual([hint])
  })

  test('a message of another version or shape is ignored (SG-05)', async () => {
    const { all } = listen('main')
    const stranger = keep(new BroadcastChannel('latchkey:main'))
    for (const message of garbage) stranger.postMessage(message)
    stranger.postMessage({ ...last, latchkey: 1 })
    expect(await all).toEqual([])
  })

  test('messages carry nothing but session and generation, in either direction (SG-05, promise 14)', async () => {
    const stranger = keep(new BroadcastChannel('latchkey:main'))
    const said = createDeferred<unknown>()
    stranger.onmessage = event => said.resolve((event as MessageEvent).data)
    const { channel, all } = listen('main')
    channel.post({ ...hint, refreshToken: 'secret' } as Hint)
    expect(await said.promise).toEqual({ latchkey: 1, ...hint })
    stranger.postMessage({ latchkey: 1, ...hint, refreshToken: 'secret' })
    stranger.postMessage({ latchkey: 1, ...last })
    expect(await all).toEqual([hint])
  })

  test('a closed channel receives nothing more, but can still send: a sign-out may be the last act', async () => {
    const [closed, other] = [listen('main'), listen('main')]
    closed.channel.close()
    closed.channel.close()
    const heard = vi.fn()
    void closed.all.then(heard)
    closed.channel.post(hint)
    closed.channel.post(last)
    expect(await other.all).toEqual([hint])
    other.channel.post(last)
    await new Promise(setImmediate)
    expect(heard).not.toHaveBeenCalled()
  })
})

describe('on a page that comes and goes (LF-05)', () => {
  /** Who is open, in order of opening. */
  class FakeChannel {
    static readonly open = new Set<FakeChannel>()
    static made = 0
    onmessage: ((event: { data: unknown }) => void) | null = null
    readonly said: unknown[] = []
    readonly name: string
    constructor(name: string) {
      this.name = name
      FakeChannel.made += 1
      FakeChannel.open.add(this)
    }
    postMessage(message: unknown) {
      if (!FakeChannel.open.has(this)) throw new DOMException('', 'InvalidStateError')
      this.said.push(message)
    }
    close() {
      FakeChannel.open.delete(this)
    }
  }
  let page: EventTarget
  beforeEach(() => {
    page = stubWindow()
    FakeChannel.open.clear()
    FakeChannel.made = 0
    vi.stubGlobal('BroadcastChannel', FakeChannel)
  })

  test('the channel is closed when the page is hidden, and opened again, once, when it is shown', () => {
    const heard = vi.fn()
    const channel = createTabChannel('main', heard)
    page.dispatchEvent(new Event('pageshow'))
    expect(FakeChannel.made).toBe(1)
    page.dispatchEvent(new Event('pagehide'))
    expect(FakeChannel.open.size).toBe(0)
    page.dispatchEvent(new Event('pageshow'))
    const [reopened] = FakeChannel.open
    expect([FakeChannel.open.size, reopened?.name]).toEqual([1, 'latchkey:main'])
    reopened?.onmessage?.({ data: { latchkey: 1, ...hint } })
    expect(heard).toHaveBeenCalledWith(hint)
    channel.close()
  })

  test('a message from a hidden page is sent, and nothing stays open', () => {
    const channel = createTabChannel('main', () => {})
    page.dispatchEvent(new Event('pagehide'))
    const said = vi.spyOn(FakeChannel.prototype, 'postMessage')
    channel.post(hint)
    expect(said).toHaveBeenCalledExactlyOnceWith({ latchkey: 1, ...hint })
    expect(FakeChannel.open.size).toBe(0)
  })

  test('a closed channel stays closed when the page is shown, and leaves no listener (LF-07)', () => {
    const channel = createTabChannel('main', () => {})
    channel.close()
    page.dispatchEvent(new Event('pageshow'))
    expect([FakeChannel.open.size, FakeChannel.made]).toEqual([0, 1])
    expect(vi.mocked(removeEventListener).mock.calls).toEqual(vi.mocked(addEventListener).mock.calls)
  })
})

describe.each([
  ['there is no BroadcastChannel', undefined],
  [
    'BroadcastChannel is forbidden',
    class {
      constructor() {
        throw new DOMException('', 'SecurityError')
      }
    },
  ],
])('over the storage ping, where %s', (_, missing) => {
  const setItem = vi.fn<Storage['setItem']>()
  let page: EventTarget
  beforeEach(() => {
    page = stubWindow()
    setItem.mockReset()
    vi.stubGlobal('BroadcastChannel', missing)
    vi.stubGlobal('localStorage', { setItem })
  })
  const hear = (key: string | null, newValue: string | null) =>
    page.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }))
  const told = () => setItem.mock.calls.filter(([, value]) => value !== '')

  test('a message is written for other tabs', () => {
    const heard = vi.fn()
    const channel = keep(createTabChannel('main', heard))
    expect(channel.isReliable).toBe(true)
    channel.post(hint)
    const [key, value] = told()[0] ?? ['', '']
    expect(key).toBe('latchkey:ping:main')
    hear(key, value)
    expect(heard).toHaveBeenCalledExactlyOnceWith(hint)
  })

  test('an equal message is written as another value, because no tab would get an event otherwise', () => {
    const channel = keep(createTabChannel('main', () => {}))
    channel.post(hint)
    channel.post(hint)
    expect(new Set(told().map(([, value]) => value)).size).toBe(2)
  })

  test('what it writes holds no more than session, generation and a nonce (SG-05)', () => {
    keep(createTabChannel('main', () => {})).post({ ...hint, refreshToken: 'secret' } as Hint)
    expect(JSON.parse(told()[0]?.[1] ?? '')).toEqual({ latchkey: 1, ...hint, nonce: expect.any(String) })
  })

  test('a message of another version, shape or name is ignored (SG-05)', () => {
    const heard = vi.fn()
    keep(createTabChannel('main', heard))
    for (const message of garbage) hear('latchkey:ping:main', JSON.stringify(message) ?? null)
    for (const text of ['', '{"latchkey":1,', null]) hear('latchkey:ping:main', text)
    for (const key of ['latchkey:ping:other', 'latchkey:main:current', null])
      hear(key, '{"latchkey":1,"sessionId":"s","generation":1}')
    expect(heard).not.toHaveBeenCalled()
  })

  test('a storage that is full later makes it unreliable, and costs the caller nothing (SG-03)', () => {
    const channel = keep(createTabChannel('main', () => {}))
    setItem.mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError')
    })
    channel.post(hint)
    expect(channel.isReliable).toBe(false)
  })

  test('a closed one receives nothing more, and leaves no listener (LF-07)', () => {
    const heard = vi.fn()
    createTabChannel('main', heard).close()
    hear('latchkey:ping:main', JSON.stringify({ latchkey: 1, ...hint }))
    expect(heard).not.toHaveBeenCalled()
    expect(vi.mocked(removeEventListener).mock.calls).toEqual(vi.mocked(addEventListener).mock.calls)
  })

  test.each([
    [
      'forbidden',
      {
        get: () => {
          throw new DOMException('', 'SecurityError')
        },
      },
    ],
    ['null', { get: () => null }],
    [
      'full',
      {
        value: {
          setItem: () => {
            throw new DOMException('', 'QuotaExceededError')
          },
        },
      },
    ],
  ])('and localStorage is %s, no message is sent, and the channel says so (SG-03)', (__, property) => {
    onTestFinished(() => void Reflect.deleteProperty(globalThis, 'localStorage'))
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...property })
    const channel: TabChannel = createTabChannel('main', () => {})
    expect(channel.isReliable).toBe(false)
    expect(() => channel.post(hint)).not.toThrow()
    expect(() => channel.close()).not.toThrow()
  })
})

test('A storage without storage events cannot receive messages, and the channel says so', () => {
  vi.stubGlobal('BroadcastChannel', undefined)
  vi.stubGlobal('addEventListener', undefined)
  vi.stubGlobal('localStorage', { setItem() {}, getItem: () => null })
  expect(createTabChannel('main', () => {}).isReliable).toBe(false)
})

test('An open channel does not keep Node running', async () => {
  const file = fileURLToPath(new URL('../../src/tabs/tab-channel.ts', import.meta.url))
  const script = `const { createTabChannel } = await import(${JSON.stringify(file)})
    const channel = createTabChannel('main', () => {})
    channel.post({ sessionId: 'a', generation: 1 })
    console.log(channel.isReliable)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  })
  expect(stdout.trim()).toBe('true')
})
