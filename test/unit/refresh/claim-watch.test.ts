import { describe, expect, test } from 'vitest'
import { createClaimWatch } from '../../../src/refresh/claim-watch.ts'
import type { Claim } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'

const staleAfterMs = 12_000

const start = () => {
  const clock = createControlledClock()
  const watch = createClaimWatch(clock, staleAfterMs)
  const isOpen = (claim: Claim, askedMs = 500) => watch(claim, askedMs)
  const claimOf = (id: string, agoMs = 0): Claim => ({
    id,
    generation: 1,
    startedAt: clock.wallMs() - agoMs,
    underLock: false,
  })
  /** Looks twice a second, as those who wait do. */
  const look = async (claim: Claim, forMs: number) => {
    for (let passed = 0; passed < forMs; passed += 500) {
      isOpen(claim)
      await clock.advance(500)
    }
    return isOpen(claim)
  }
  return { clock, isOpen, claimOf, look }
}

describe('another tab’s claim', () => {
  test('is open until it was seen for the deadline and two seconds more', async () => {
    const { claimOf, look } = start()
    const claim = claimOf('one')
    expect(await look(claim, staleAfterMs - 500)).toBe(true)
    expect(await look(claim, 500)).toBe(false)
  })

  test('replaced by another claim is a new one', async () => {
    const { claimOf, look } = start()
    await look(claimOf('one'), staleAfterMs - 500)
    expect(await look(claimOf('two'), staleAfterMs - 500)).toBe(true)
  })

  test('is watched anew by a page that has not looked for over a second', async () => {
    const { clock, isOpen, claimOf, look } = start()
    const claim = claimOf('one')
    await look(claim, staleAfterMs - 1000)
    await clock.advance(1501)
    expect(isOpen(claim)).toBe(true)
    expect(await look(claim, staleAfterMs - 500)).toBe(true)
    expect(await look(claim, 500)).toBe(false)
  })

  test.each([
    ['once a second', 250, 1003, 15],
    ['once a second, by a page that asks for two', 2000, 3000, 5],
    ['once a second, over a store that takes two to read', 250, 3000, 6],
    ['once a minute', 250, 60_000, 3],
    ['once a minute, by a page that asks for half a second', 500, 60_000, 3],
  ])('is stale in the end also where timers run %s', async (_when, askedMs, everyMs, looks) => {
    const { clock, isOpen, claimOf } = start()
    const claim = claimOf('one')
    const seen: boolean[] = []
    for (let index = 0; index <= looks; index += 1) {
      seen.push(isOpen(claim, askedMs))
      await clock.advance(everyMs)
    }
    expect(seen.indexOf(false)).toBeGreaterThan(1)
  })

  test.each([3000, 60_000, 8 * 3_600_000])(
    'is watched anew after a sleep of %i ms that the monotonic clock counts, also where timers run once a second',
    async sleptMs => {
      for (const everyMs of [250, 1000]) {
        const { clock, isOpen, claimOf } = start()
        const claim = claimOf('one')
        const lookFor = async (forMs: number) => {
          for (let passed = 0; passed < forMs; passed += everyMs) {
            isOpen(claim, 250)
            await clock.advance(everyMs)
          }
        }
        await lookFor(11_000)
        await clock.advance(sleptMs)
        await lookFor(11_000)
        expect(isOpen(claim, 250)).toBe(true)
        await lookFor(2000)
        expect(isOpen(claim, 250)).toBe(false)
      }
    },
  )

  test('is not made stale by a wall clock that jumps, only by what this page has seen', async () => {
    const { clock, isOpen, claimOf } = start()
    const claim = claimOf('one')
    isOpen(claim)
    clock.jumpWall(86_400_000)
    expect(isOpen(claim)).toBe(true)
    clock.jumpWall(-2 * 86_400_000)
    expect(isOpen(claim)).toBe(true)
  })

  test.each([
    [staleAfterMs - 1, true],
    [staleAfterMs, false],
    [86_400_000, false],
  ])('that was begun %i ms before this page started: open is %s', (agoMs, expected) => {
    const { isOpen, claimOf } = start()
    expect(isOpen(claimOf('one', agoMs))).toBe(expected)
  })

  test('that was begun after the clock was set back by a day is as young as any', async () => {
    const { clock, claimOf, look } = start()
    await clock.advance(60_000)
    clock.jumpWall(-86_400_000)
    const claim = claimOf('one')
    expect(await look(claim, staleAfterMs - 500)).toBe(true)
    expect(await look(claim, 500)).toBe(false)
  })

  test('of a tab whose clock is ahead by a day is open no longer than any other', async () => {
    const { claimOf, look } = start()
    const claim = claimOf('one', -86_400_000)
    expect(await look(claim, staleAfterMs - 500)).toBe(true)
    expect(await look(claim, 500)).toBe(false)
  })
})
