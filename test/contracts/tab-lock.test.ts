import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createTabLock, type HeldLock, type TabLock } from '../../src/tabs/tab-lock.ts'
import { createDeferred } from '../support/deferred.ts'

/** Lets everything run that waits for promises, messages and Node's own locks. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
}
const never = new AbortController().signal
let counter = 0
/** A name of its own for each test: the real lock manager outlives them. */
const freshName = () => `test-${++counter}`

/** Asks, and tells what became of it. The lock is held until `free` or `fail` is called. */
const ask = (lock: TabLock, name: string, signal: AbortSignal | undefined = never) => {
  const end = createDeferred()
  const asked = {
    held: undefined as HeldLock | undefined,
    runs: 0,
    free: end.resolve,
    fail: end.reject,
    answer: lock.request(name, signal, async held => {
      asked.held = held
      asked.runs += 1
      await end.promise
    }),
  }
  return asked
}

const kinds = [
  { kind: 'Web Locks', shared: true, prepare: () => {} },
  { kind: 'no navigator at all', shared: false, prepare: () => vi.stubGlobal('navigator', undefined) },
  { kind: 'no Web Locks (insecure context)', shared: false, prepare: () => vi.stubGlobal('navigator', {}) },
  ...['SecurityError', 'InvalidStateError', 'AbortError'].map(error => ({
    kind: `Web Locks that reject (${error})`,
    shared: false,
    prepare: () =>
      vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(new DOMException('', error)) } }),
  })),
]

describe.each(kinds)('over $kind', ({ shared, prepare }) => {
  beforeEach(prepare)

  test('the work runs once, under a lock that says how far it reaches (RT-12)', async () => {
    const asked = ask(createTabLock(), freshName())
    await settle()
    expect(asked.held).toEqual({ lost: false, shared })
    asked.free()
    await asked.answer
    expect(asked.runs).toBe(1)
  })

  test('a later caller waits for the earlier one, also two clients of one page (RT-07)', async () => {
    const name = freshName()
    const first = ask(createTabLock(), name)
    const second = ask(createTabLock(), name)
    const third = ask(createTabLock(), name, undefined)
    await settle()
    expect([first.runs, second.runs, third.runs]).toEqual([1, 0, 0])
    first.free()
    await settle()
    expect([first.runs, second.runs, third.runs]).toEqual([1, 1, 0])
    second.free()
    await settle()
    expect(third.runs).toBe(1)
    third.free()
    await Promise.all([first.answer, second.answer, third.answer])
  })

  test('a third caller waits for the second when the first is done (RT-07)', async () => {
    const name = freshName()
    const lock = createTabLock()
    const first = ask(lock, name)
    const second = ask(lock, name)
    first.free()
    await settle()
    const third = ask(lock, name)
    await settle()
    expect([second.runs, third.runs]).toEqual([1, 0])
    second.free()
    third.free()
    await third.answer
    expect(third.runs).toBe(1)
  })

  test('locks of other names do not wait, also one that begins with a hyphen (RT-12)', async () => {
    const name = freshName()
    const lock = createTabLock()
    const all = [ask(lock, name), ask(lock, `-${name}`), ask(lock, '')]
    await settle()
    expect(all.map(({ runs, held }) => [runs, held?.shared])).toEqual([1, 1, 1].map(runs => [runs, shared]))
    for (const { free } of all) free()
    await Promise.all(all.map(({ answer }) => answer))
  })

  test('the signal ends the waiting, and the work is not run later (RT-10)', async () => {
    const name = freshName()
    const lock = createTabLock()
    const controller = new AbortController()
    const first = ask(lock, name)
    const second = ask(lock, name, controller.signal)
    await settle()
    controller.abort(new Error('the session differs'))
    await second.answer
    expect(second.runs).toBe(0)
    first.free()
    await first.answer
    await settle()
    expect(second.runs).toBe(0)
  })

  test('a caller that leaves the queue does not change the order of the others', async () => {
    const name = freshName()
    const lock = createTabLock()
    const controller = new AbortController()
    const first = ask(lock, name)
    const second = ask(lock, name, controller.signal)
    const third = ask(lock, name)
    await settle()
    controller.abort()
    await second.answer
    const fourth = ask(lock, name)
    await settle()
    expect([third.runs, fourth.runs]).toEqual([0, 0])
    first.free()
    await settle()
    expect([third.runs, fourth.runs]).toEqual([1, 0])
    third.free()
    fourth.free()
    await fourth.answer
    expect(fourth.runs).toBe(1)
  })

  test('a signal that is already aborted rejects at once, and holds nothing', async () => {
    const name = freshName()
    const lock = createTabLock()
    const early = ask(lock, name, AbortSignal.abort())
    await early.answer
    expect(early.runs).toBe(0)
    const next = ask(lock, name)
    next.free()
    await next.answer
    expect(next.runs).toBe(1)
  })

  test('the signal does not touch work that has begun (RT-10)', async () => {
    const name = freshName()
    const lock = createTabLock()
    const controller = new AbortController()
    const first = ask(lock, name, controller.signal)
    const second = ask(lock, name)
    await settle()
    controller.abort()
    await settle()
    expect([first.held?.lost, second.runs]).toEqual([false, 0])
    first.free()
    await first.answer
    expect(first.runs).toBe(1)
    second.free()
    await second.answer
  })

  test('an error of the work is passed on, and the lock is free again', async () => {
    const name = freshName()
    const lock = createTabLock()
    const failure = new Error('the work failed')
    const failing = ask(lock, name)
    failing.fail(failure)
    await expect(failing.answer).rejects.toBe(failure)
    const throwing = lock.request(name, undefined, () => {
      throw failure
    })
    await expect(throwing).rejects.toBe(failure)
    const next = ask(lock, name)
    next.free()
    await next.answer
    expect(next.runs).toBe(1)
  })

  test('no listener stays on a long-lived signal (FE-08)', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const asked = ask(createTabLock(), freshName(), signal)
    asked.free()
    await asked.answer
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
  })
})

describe('a lock that the engine took away (RT-11)', () => {
  const steal = (name: string) => navigator.locks.request(`latchkey:${name}`, { steal: true }, async () => {})

  test('is lost for the work that continues, and the result waits for that work', async () => {
    const name = freshName()
    const asked = ask(createTabLock(), name)
    await settle()
    await steal(name)
    await settle()
    expect(asked.held?.lost).toBe(true)
    expect(asked.runs).toBe(1)
    const answered = vi.fn()
    void asked.answer.then(answered)
    await settle()
    expect(answered).not.toHaveBeenCalled()
    asked.free()
    await asked.answer
    expect(asked.runs).toBe(1)
  })

  test('passes on the error of the work, and not its own', async () => {
    const name = freshName()
    const failure = new Error('the work failed')
    const asked = ask(createTabLock(), name)
    await settle()
    await steal(name)
    await settle()
    asked.fail(failure)
    await expect(asked.answer).rejects.toBe(failure)
  })
})

test("A lock is requested under the library's own name, exclusively, and never stolen", async () => {
  const request = vi.fn(async (_name: string, _options: LockOptions, held: () => Promise<void>) => held())
  vi.stubGlobal('navigator', { locks: { request } })
  const { signal } = new AbortController()
  await createTabLock().request('main', signal, async () => {})
  await createTabLock().request('main', undefined, async () => {})
  expect(request.mock.calls.map(([name, options]) => [name, options])).toEqual([
    ['latchkey:main', { signal }],
    ['latchkey:main', {}],
  ])
})

test('Nothing of the platform is touched when a lock is made', () => {
  const get = vi.fn()
  vi.stubGlobal('navigator', new Proxy({}, { get }))
  createTabLock()
  expect(get).not.toHaveBeenCalled()
})
