import { describe, expect, test } from 'vitest'
import { createControlledClock } from '../../support/clock.ts'

describe('the controlled clock', () => {
  test('runs timers in the order they come due, each at its own time', async () => {
    const clock = createControlledClock()
    const seen: [string, number][] = []
    clock.setTimer(() => seen.push(['late', clock.monotonicMs()]), 200)
    clock.setTimer(() => seen.push(['early', clock.monotonicMs()]), 100)
    clock.setTimer(() => seen.push(['early too', clock.monotonicMs()]), 100)
    await clock.advance(199)
    expect(seen).toEqual([
      ['early', 100],
      ['early too', 100],
    ])
    await clock.advance(1)
    expect(seen[2]).toEqual(['late', 200])
  })

  test('runs what a timer set in motion before the next timer', async () => {
    const clock = createControlledClock()
    const seen: string[] = []
    clock.setTimer(async () => {
      for (let link = 0; link < 100; link += 1) await null
      seen.push('chain of the first')
    }, 10)
    clock.setTimer(() => seen.push('second'), 11)
    await clock.advance(20)
    expect(seen).toEqual(['chain of the first', 'second'])
  })

  test('runs a timer set by a timer within the same advance, and not one beyond it', async () => {
    const clock = createControlledClock()
    const seen: number[] = []
    const again = () => {
      seen.push(clock.monotonicMs())
      clock.setTimer(again, 30)
    }
    clock.setTimer(again, 30)
    await clock.advance(100)
    expect(seen).toEqual([30, 60, 90])
    expect(clock.pendingTimers).toBe(1)
  })

  test('never runs a cancelled timer', async () => {
    const clock = createControlledClock()
    const cancel = clock.setTimer(() => expect.unreachable(), 10)
    cancel()
    await clock.advance(20)
    expect(clock.pendingTimers).toBe(0)
  })

  test('sleeping moves the wall clock only, and timers go on where they were', async () => {
    const clock = createControlledClock({ startMs: 1000 })
    let ranAt: number | undefined
    clock.setTimer(() => {
      ranAt = clock.wallMs()
    }, 10)
    clock.sleepFor(8 * 3_600_000)
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([1000 + 8 * 3_600_000, 0])
    await clock.advance(10)
    expect(ranAt).toBe(1010 + 8 * 3_600_000)
  })

  test('the wall clock can be set back', () => {
    const clock = createControlledClock({ startMs: 1000 })
    clock.jumpWall(-500)
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([500, 0])
  })

  test('chance is what the test says', () => {
    const clock = createControlledClock()
    expect(clock.random()).toBe(0.5)
    clock.setRandom(0.25)
    expect(clock.random()).toBe(0.25)
    let next = 0
    clock.setRandom(() => next++ / 10)
    expect([clock.random(), clock.random()]).toEqual([0, 0.1])
  })
})
