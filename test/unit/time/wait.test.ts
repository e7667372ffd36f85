import { describe, expect, test, vi } from 'vitest'
import { createPauses, createTimeLimit, pause, setDeadline } from '../../../src/time/wait.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'

test('a pause lasts as long as it was asked for', async () => {
  const clock = createControlledClock()
  const done = vi.fn()
  pause(clock, 100).then(done)
  await clock.advance(99)
  expect(done).toHaveBeenCalledTimes(0)
  await clock.advance(1)
  expect(done).toHaveBeenCalledTimes(1)
})

describe('a pause that can be ended', () => {
  test('ends early, and leaves no timer behind', async () => {
    const clock = createControlledClock()
    const pauses = createPauses(clock)
    const done = vi.fn()
    pauses.pause(100).then(done)
    pauses.resume()
    await clock.settle()
    expect([done.mock.calls.length, clock.pendingTimers]).toEqual([1, 0])
  })

  test('ends by itself, and may be ended again without an effect', async () => {
    const clock = createControlledClock()
    const pauses = createPauses(clock)
    const done = vi.fn()
    pauses.resume()
    pauses.pause(100).then(done)
    await clock.advance(100)
    pauses.resume()
    expect(done).toHaveBeenCalledTimes(1)
  })
})

describe('a promise with a time limit', () => {
  const start = () => {
    const clock = createControlledClock()
    const { promise, resolve, reject } = createDeferred<string>()
    const limited = createTimeLimit(clock, 100)(promise, settle => settle('too late'))
    return { clock, limited, resolve, reject }
  }

  test('resolves as the promise does within the limit, and leaves no timer behind', async () => {
    const { clock, limited, resolve } = start()
    await clock.advance(99)
    resolve('in time')
    expect(await limited).toBe('in time')
    await clock.settle()
    expect(clock.pendingTimers).toBe(0)
  })

  test('rejects as the promise does within the limit, and leaves no timer behind', async () => {
    const { clock, limited, reject } = start()
    reject(new Error('failed'))
    await expect(limited).rejects.toThrow('failed')
    await clock.settle()
    expect(clock.pendingTimers).toBe(0)
  })

  test('settles as its maker decides once the limit is over, whatever the promise does later', async () => {
    const { clock, limited, reject } = start()
    await clock.advance(100)
    reject(new Error('failed'))
    expect(await limited).toBe('too late')
  })

  test('can reject once the limit is over', async () => {
    const clock = createControlledClock()
    const limited = createTimeLimit(clock, 100)(new Promise(() => {}), (_, reject) => reject(new Error('slow')))
    const failure = limited.catch(String)
    await clock.advance(100)
    expect(await failure).toBe('Error: slow')
  })
})

describe('a deadline', () => {
  const start = () => {
    const clock = createControlledClock()
    const passed = vi.fn()
    return { clock, passed, cancel: setDeadline(clock, 10_000, passed) }
  }

  test('passes when it was set for', async () => {
    const { clock, passed } = start()
    await clock.advance(9999)
    expect(passed).toHaveBeenCalledTimes(0)
    await clock.advance(1)
    expect(passed).toHaveBeenCalledTimes(1)
  })

  test.each([
    [1000, 1],
    [1001, 0],
  ])('whose timer is %i ms late has passed %i times at once', async (sleptMs, calls) => {
    const { clock, passed } = start()
    await clock.advance(5000)
    clock.sleepFor(sleptMs)
    await clock.advance(5000)
    expect(passed).toHaveBeenCalledTimes(calls)
  })

  test('that the page slept through passes two seconds later: the response may be queued behind the timer', async () => {
    const { clock, passed } = start()
    clock.sleepFor(3_600_000)
    await clock.advance(11_999)
    expect(passed).toHaveBeenCalledTimes(0)
    await clock.advance(1)
    expect(passed).toHaveBeenCalledTimes(1)
  })

  test('does not pass after it was cancelled, nor in the two seconds after a sleep', async () => {
    const { clock, passed, cancel } = start()
    clock.sleepFor(3_600_000)
    await clock.advance(10_000)
    cancel()
    await clock.advance(10_000)
    expect([passed.mock.calls.length, clock.pendingTimers]).toEqual([0, 0])
  })
})
