import { describe, expect, test } from 'vitest'
import { createLeaseWatch } from '../../../src/refresh/lease-watch.ts'
import type { Lease } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'

const staleAfterMs = 12_000

const start = () => {
  const clock = createControlledClock()
  const watch = createLeaseWatch(clock, staleAfterMs)
  const isOpen = (lease: Lease, askedMs = 500) => watch(lease, askedMs)
  const leaseOf = (id: string, agoMs = 0): Lease => ({
    id,
    generation: 1,
    startedAt: clock.wallMs() - agoMs,
    underLock: false,
  })
  /** Looks twice a second, as those who wait do. */
  const look = async (lease: Lease, forMs: number) => {
    for (let passed = 0; passed < forMs; passed += 500) {
      isOpen(lease)
      await clock.advance(500)
    }
    return isOpen(lease)
  }
  return { clock, isOpen, leaseOf, look }
}

describe('another tab’s lease', () => {
  test('is open until it was seen for the deadline and two seconds more', async () => {
    const { leaseOf, look } = start()
    const lease = leaseOf('one')
    expect(await look(lease, staleAfterMs - 500)).toBe(true)
    expect(await look(lease, 500)).toBe(false)
  })

  test.each([
    ['there is none', undefined],
    ['there is none any more', null],
  ])('is not open if %s', (_when, lease) => {
    expect(createLeaseWatch(createControlledClock(), staleAfterMs)(lease, 500)).toBe(false)
  })

  test('is not open once it is closed', () => {
    const { isOpen, leaseOf } = start()
    expect([isOpen(leaseOf('one')), isOpen({ ...leaseOf('one'), closed: true })]).toEqual([true, false])
  })

  test('is not watched anew if a look is just as late as a timer may be', async () => {
    const { clock, isOpen, leaseOf } = start()
    const lease = leaseOf('one')
    isOpen(lease)
    await clock.advance(1500)
    isOpen(lease)
    for (let passed = 1500; passed < staleAfterMs; passed += 500) {
      expect(isOpen(lease)).toBe(true)
      await clock.advance(500)
    }
    expect(isOpen(lease)).toBe(false)
  })

  test('that was begun before a page that starts on a machine that has long been running: its age is counted from the start of the page', async () => {
    const clock = createControlledClock()
    await clock.advance(3_600_000)
    const isOpen = createLeaseWatch(clock, staleAfterMs)
    const leaseOf = (agoMs: number) => ({
      id: 'one',
      generation: 1,
      startedAt: clock.wallMs() - agoMs,
      underLock: false,
    })
    expect([isOpen(leaseOf(staleAfterMs - 1), 500), isOpen(leaseOf(staleAfterMs), 500)]).toEqual([true, false])
  })

  test('is watched anew if another lease has replaced it', async () => {
    const { leaseOf, look } = start()
    await look(leaseOf('one'), staleAfterMs - 500)
    expect(await look(leaseOf('two'), staleAfterMs - 500)).toBe(true)
  })

  test('is watched anew by a page that has not looked for over a second', async () => {
    const { clock, isOpen, leaseOf, look } = start()
    const lease = leaseOf('one')
    await look(lease, staleAfterMs - 1000)
    await clock.advance(1501)
    expect(isOpen(lease)).toBe(true)
    expect(await look(lease, staleAfterMs - 500)).toBe(true)
    expect(await look(lease, 500)).toBe(false)
  })

  test.each([
    ['once a second', 250, 1003, 15],
    ['once a second, by a page that asks for two', 2000, 3000, 5],
    ['once a second, over a store that takes two to read', 250, 3000, 6],
    ['once a minute', 250, 60_000, 3],
    ['once a minute, by a page that asks for half a second', 500, 60_000, 3],
  ])('is stale in the end also where timers run %s', async (_when, askedMs, everyMs, looks) => {
    const { clock, isOpen, leaseOf } = start()
    const lease = leaseOf('one')
    const seen: boolean[] = []
    for (let index = 0; index <= looks; index += 1) {
      seen.push(isOpen(lease, askedMs))
      await clock.advance(everyMs)
    }
    expect(seen.indexOf(false)).toBeGreaterThan(1)
  })

  test.each([3000, 60_000, 8 * 3_600_000])(
    'is watched anew after a sleep of %i ms that the monotonic clock counts, also where timers run once a second',
    async sleptMs => {
      for (const everyMs of [250, 1000]) {
        const { clock, isOpen, leaseOf } = start()
        const lease = leaseOf('one')
        const lookFor = async (forMs: number) => {
          for (let passed = 0; passed < forMs; passed += everyMs) {
            isOpen(lease, 250)
            await clock.advance(everyMs)
          }
        }
        await lookFor(11_000)
        await clock.advance(sleptMs)
        await lookFor(11_000)
        expect(isOpen(lease, 250)).toBe(true)
        await lookFor(2000)
        expect(isOpen(lease, 250)).toBe(false)
      }
    },
  )

  test('is not made stale by a wall clock that jumps, only by what this page has seen', async () => {
    const { clock, isOpen, leaseOf } = start()
    const lease = leaseOf('one')
    isOpen(lease)
    clock.jumpWall(86_400_000)
    expect(isOpen(lease)).toBe(true)
    clock.jumpWall(-2 * 86_400_000)
    expect(isOpen(lease)).toBe(true)
  })

  test.each([
    [staleAfterMs - 1, true],
    [staleAfterMs, false],
    [86_400_000, false],
  ])('that was begun %i ms before this page started: open is %s', (agoMs, expected) => {
    const { isOpen, leaseOf } = start()
    expect(isOpen(leaseOf('one', agoMs))).toBe(expected)
  })

  test('that was begun after the clock was set back by a day is as young as any', async () => {
    const { clock, leaseOf, look } = start()
    await clock.advance(60_000)
    clock.jumpWall(-86_400_000)
    const lease = leaseOf('one')
    expect(await look(lease, staleAfterMs - 500)).toBe(true)
    expect(await look(lease, 500)).toBe(false)
  })

  test('of a tab whose clock is ahead by a day is open no longer than any other', async () => {
    const { leaseOf, look } = start()
    const lease = leaseOf('one', -86_400_000)
    expect(await look(lease, staleAfterMs - 500)).toBe(true)
    expect(await look(lease, 500)).toBe(false)
  })
})
