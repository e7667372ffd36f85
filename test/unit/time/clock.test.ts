import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/time/clock.ts'

describe('the clock of the platform', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test.each([2 ** 31 - 1, 2 ** 31, 3_000_000_000, Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
    'TM-06: a timer of %d ms does not fire at once, as browsers fire those over 2^31-1',
    delayMs => {
      const started = vi.spyOn(globalThis, 'setTimeout')
      const fired = vi.fn()
      systemClock.setTimer(fired, delayMs)
      expect(started).toHaveBeenCalledWith(fired, 2 ** 31 - 1)
      vi.advanceTimersByTime(86_400_000)
      expect(fired).not.toHaveBeenCalled()
    },
  )

  test('a timer of a time that is over is due at once: Node warns of a delay below 0', () => {
    const started = vi.spyOn(globalThis, 'setTimeout')
    const fired = vi.fn()
    systemClock.setTimer(fired, -2.5)
    expect(started).toHaveBeenCalledWith(fired, 0)
  })

  test('a timer fires once, after its time, and not if it was cancelled', () => {
    const [fired, cancelled] = [vi.fn(), vi.fn()]
    systemClock.setTimer(fired, 100)
    systemClock.setTimer(cancelled, 100)()
    vi.advanceTimersByTime(99)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(fired).toHaveBeenCalledOnce()
    expect(cancelled).not.toHaveBeenCalled()
  })

  test('it has both clocks, and random numbers from 0 up to 1', () => {
    vi.setSystemTime(12_345)
    expect(systemClock.wallMs()).toBe(12_345)
    const before = systemClock.monotonicMs()
    vi.advanceTimersByTime(100)
    expect(systemClock.monotonicMs() - before).toBe(100)
    const chance = systemClock.random()
    expect(chance >= 0 && chance < 1).toBe(true)
  })

  test('without a monotonic clock the wall clock is used', () => {
    vi.stubGlobal('performance', undefined)
    vi.setSystemTime(12_345)
    expect(systemClock.monotonicMs()).toBe(12_345)
  })
})
