import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asSessionStore } from '../../src/stores/key-value.ts'
import { storageStore, webStorageStore } from '../../src/stores/web-storage.ts'
import { createLaggingStorage, TabStorage } from './lagging-storage.ts'
import { garbageContract, recordOf, removeContract, type StoreUnderTest, storeContract } from './store-contract.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('in one page', () => {
  beforeEach(() => void vi.setTimerTickMode('nextTimerAsync'))

  const make = (): Required<StoreUnderTest> => {
    const page = createLaggingStorage(80).openTab()
    return {
      open: () => storageStore(() => page),
      putInstead: (name, value) =>
        page.setItem(
          `latchkey:${name}:${page.getItem(`latchkey:${name}:current`)}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ),
    }
  }
  storeContract('webStorageStore', make)
  removeContract('webStorageStore', make)
  garbageContract('webStorageStore', make)
})

describe('over tabs that see each other’s writes late', () => {
  const setUp = async () => {
    const storage = createLaggingStorage(80)
    const [here, there] = [storage.openTab(), storage.openTab()]
    const stores = [storageStore(() => here), storageStore(() => there)] as const
    const signedIn = stores[0].overwrite('main', recordOf('a'))
    await vi.advanceTimersByTimeAsync(250)
    await signedIn
    return { storage, stores }
  }
  /** Both begin, the second so much later; answers what each answered. */
  const race = async <First, Second>(
    first: () => PromiseLike<First> | First,
    laterMs: number,
    second: () => PromiseLike<Second> | Second,
  ) => {
    const one = first()
    await vi.advanceTimersByTimeAsync(laterMs)
    const two = second()
    await vi.advanceTimersByTimeAsync(500)
    return [await one, await two] as const
  }
  const textOf = (values: ReadonlyMap<string, string>) => JSON.stringify([...values])

  test.each([0, 40, 79, 80, 249, 300])('of two compare-and-sets %i ms apart exactly one wins', async laterMs => {
    const { stores } = await setUp()
    const answers = await race(
      () => stores[0].compareAndSet('main', 'a', recordOf('here')),
      laterMs,
      () => stores[1].compareAndSet('main', 'a', recordOf('there')),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    const winner = answers[0] ? 'here' : 'there'
    for (const store of stores) expect(await store.read('main')).toEqual(recordOf(winner))
  })

  test('a write that another tab has built upon counts as written', async () => {
    const { stores } = await setUp()
    const answers = await race(
      () => stores[0].compareAndSet('main', 'a', recordOf('here')),
      100,
      () => stores[1].compareAndSet('main', 'here', recordOf('there')),
    )
    expect(answers).toEqual([true, true])
    expect(await stores[0].read('main')).toEqual(recordOf('there'))
  })

  test.each([0, 40, 79])('of two first records %i ms apart exactly one wins', async laterMs => {
    const storage = createLaggingStorage(80)
    const stores = [storage.openTab(), storage.openTab()].map(tab => storageStore(() => tab))
    const answers = await race(
      () => stores[0]?.compareAndSet('main', null, recordOf('here', { sessionId: 'of-here' })),
      laterMs,
      () => stores[1]?.compareAndSet('main', null, recordOf('there', { sessionId: 'of-there' })),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect((await stores[0]?.read('main'))?.revision).toBe(answers[0] ? 'here' : 'there')
    expect(storage.settled.size).toBe(2)
  })

  test.each([0, 40, 79, 200])(
    'a refresh of the session that was signed out %i ms ago is rejected, and leaves no token anywhere',
    async laterMs => {
      const { storage, stores } = await setUp()
      const signOut = recordOf('out', { sessionId: 'nobody', credentials: null })
      const [, refreshed] = await race(
        () => stores[0].overwrite('main', signOut),
        laterMs,
        () => stores[1].compareAndSet('main', 'a', recordOf('rotated')),
      )
      expect(refreshed).toBe(false)
      for (const store of stores) expect(await store.read('main')).toEqual(signOut)
      expect(textOf(storage.settled)).not.toContain('token-')
    },
  )

  test.each([0, 40, 79, 200, 260])('a sign-out %i ms after a refresh began leaves no token anywhere', async laterMs => {
    const { storage, stores } = await setUp()
    const signOut = recordOf('out', { sessionId: 'nobody', credentials: null })
    const [refreshed] = await race(
      () => stores[1].compareAndSet('main', 'a', recordOf('rotated')),
      laterMs,
      () => stores[0].overwrite('main', signOut),
    )
    // Before the refresh looked again it may have ended first, for all that anyone could see.
    expect(refreshed).toBe(laterMs > 250 - 80)
    expect(await stores[1].read('main')).toEqual(signOut)
    expect(textOf(storage.settled)).not.toContain('token-')
  })

  test('a sign-in that continues the session under its id is not lost to a refresh at the same moment', async () => {
    const { stores } = await setUp()
    const [, refreshed] = await race(
      () => stores[0].overwrite('main', recordOf('again', { generation: 2 })),
      40,
      () => stores[1].compareAndSet('main', 'a', recordOf('rotated')),
    )
    expect(refreshed).toBe(false)
    expect(await stores[1].read('main')).toEqual(recordOf('again', { generation: 2 }))
  })

  test('an end of the old session does not remove a sign-in at the same moment', async () => {
    const { stores } = await setUp()
    const signedIn = recordOf('new', { sessionId: 'session-two' })
    const [ended] = await race(
      () => stores[0].compareAndSet('main', 'a', recordOf('end', { sessionId: 'nobody', credentials: null })),
      40,
      () => stores[1].overwrite('main', signedIn),
    )
    expect(ended).toBe(false)
    for (const store of stores) expect(await store.read('main')).toEqual(signedIn)
  })

  test('of two sign-ins at once the last holds, and the first leaves no token behind', async () => {
    const { storage, stores } = await setUp()
    const answers = await race(
      () => stores[0].overwrite('main', recordOf('ann', { sessionId: 'of-ann' })),
      40,
      () => stores[1].overwrite('main', recordOf('bob', { sessionId: 'of-bob' })),
    )
    // `false` would say that a newer release of the app wrote the record.
    expect(answers).not.toContain(false)
    for (const store of stores) expect((await store.read('main'))?.sessionId).toBe('of-bob')
    expect(textOf(storage.settled)).not.toContain('token-ann')
  })

  test('a refresh over a storage that was cleared meanwhile is rejected and leaves nothing (SG-04)', async () => {
    const storage = createLaggingStorage(80)
    const tab = storage.openTab()
    const store = storageStore(() => tab)
    const [, refreshed] = await race(
      () => store.overwrite('main', recordOf('a')),
      300,
      () => {
        const answer = store.compareAndSet('main', 'a', recordOf('b'))
        tab.clear()
        return answer
      },
    )
    expect(refreshed).toBe(false)
    expect(storage.settled.size).toBe(0)
  })

  test('a sign-out into a full storage fails, but the tokens are gone (SG-03)', async () => {
    const { storage, stores } = await setUp()
    storage.setFull(true)
    await expect(stores[0].overwrite('main', recordOf('out', { credentials: null }))).rejects.toThrow(DOMException)
    expect(await stores[0].read('main')).toBeNull()
    expect(textOf(storage.settled)).not.toContain('token-')
  })

  test.each(['overwrite', 'compareAndSet'] as const)(
    'a sign-in by %s for which the storage has room, but not for the pointer to it, leaves no token behind',
    async write => {
      const page = createLaggingStorage(80).openTab()
      const setItem = page.setItem.bind(page)
      page.setItem = (key, value) => {
        if (key.endsWith(':current')) throw new DOMException('', 'QuotaExceededError')
        setItem(key, value)
      }
      const store = storageStore(() => page)
      const next = recordOf('secret')
      const written = write === 'overwrite' ? store.overwrite('main', next) : store.compareAndSet('main', null, next)
      await expect(written).rejects.toThrow()
      expect(page.length).toBe(0)
    },
  )
})

describe('a page with web storage', () => {
  test('waits 250 ms between a write and its result, and not before a failed comparison', async () => {
    const tab = createLaggingStorage(80).openTab()
    const store = storageStore(() => tab)
    expect(store.lagMs).toBe(250)
    const answered = vi.fn()
    void Promise.resolve(store.compareAndSet('main', null, recordOf('a'))).then(answered)
    await vi.advanceTimersByTimeAsync(249)
    expect(answered).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(answered).toHaveBeenCalledWith(true)
    expect(await store.compareAndSet('main', 'other', recordOf('b'))).toBe(false)
  })

  test('keeps its sessions in localStorage, which all tabs share', async () => {
    vi.setTimerTickMode('nextTimerAsync')
    const tab = createLaggingStorage(80).openTab()
    vi.stubGlobal('localStorage', tab)
    const store = webStorageStore()
    await store.overwrite('main', recordOf('a'))
    expect([store.shared, tab.getItem('latchkey:main:current')]).toEqual([true, 'a'])
    expect(await store.read('main')).toEqual(recordOf('a'))
  })

  test('has no options, and rejects any by that name', () => {
    const make = webStorageStore as (options: object) => unknown
    expect(() => make({})).toThrow(expect.objectContaining({ code: 'configuration', option: 'options' }))
  })

  test('leaves nothing in the storage when a record is removed', async () => {
    vi.setTimerTickMode('nextTimerAsync')
    const tab = createLaggingStorage(80).openTab()
    const store = storageStore(() => tab)
    await store.overwrite('main', recordOf('a'))
    expect(await store.remove?.('main', 'a')).toBe(true)
    expect(tab.length).toBe(0)
  })

  test('keeps a bounded number of former revisions, however often a session is refreshed', async () => {
    vi.setTimerTickMode('nextTimerAsync')
    const tab = createLaggingStorage(80).openTab()
    const store = storageStore(() => tab)
    await store.overwrite('main', recordOf('0'))
    for (let step = 0; step < 12; step += 1) await store.compareAndSet('main', `${step}`, recordOf(`${step + 1}`))
    const [, ...trail] = JSON.parse(tab.getItem('latchkey:main:0') ?? '')
    expect(trail).toEqual(['12', '11', '10', '9', '8', '7', '6'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new DOMException('', 'SecurityError')
      },
    ],
    ['is null (Android WebView without DOM storage)', () => null],
  ])('does not touch a localStorage that %s before the first call, which then fails (SG-03)', async (_, get) => {
    onTestFinished(() => void Reflect.deleteProperty(globalThis, 'localStorage'))
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get })
    const store = webStorageStore()
    expect(() => store.read('main')).toThrow()
    await expect(store.compareAndSet('main', null, recordOf('a'))).rejects.toThrow()
    await expect(store.overwrite('main', recordOf('a'))).rejects.toThrow()
  })

  test('gets the waits that web storage needs from asSessionStore', async () => {
    const tab = createLaggingStorage(80).openTab()
    vi.stubGlobal('Storage', TabStorage)
    const store = asSessionStore(tab)
    expect(store.lagMs).toBe(250)
    vi.setTimerTickMode('nextTimerAsync')
    await store.overwrite('main', recordOf('a'))
    expect(tab.getItem('latchkey:main:current')).toBe('a')
  })
})
