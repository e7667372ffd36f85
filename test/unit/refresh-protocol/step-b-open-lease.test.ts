import { describe, expect, test } from 'vitest'
import { createLeaseWatch } from '../../../src/refresh/lease-watch.ts'
import type { Lease } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const leaseOf = (more: Partial<Lease> = {}): Lease => ({
  id: 'of-another-tab',
  generation: 0,
  startedAt: Date.UTC(2026, 0, 1),
  underLock: false,
  ...more,
})

/** Another tab has leased the refresh of the record that this tab knows. */
const startLeased = async (more: Partial<Lease> = {}, held: Parameters<typeof createSignedInRig>[0] = {}) => {
  const rig = await createSignedInRig(held)
  const leased = { ...rig.stored(), revision: 'leased', lease: leaseOf({ startedAt: rig.clock.wallMs(), ...more }) }
  rig.store.content = leased
  return { ...rig, leased }
}

describe('step b: an open lease of another tab', () => {
  test('is waited for: nothing is sent, and the record is read repeatedly', async () => {
    const { clock, start, calls } = await startLeased()
    const flight = start()
    await clock.advance(11_000)
    expect([flight.outcome, calls.length]).toEqual([undefined, 0])
  })

  test('is followed by adopting its tokens when they have come', async () => {
    const { store, clock, start, calls, leased } = await startLeased()
    const flight = start()
    await clock.advance(3000)
    store.content = { ...leased, revision: 'r', generation: 1, lease: null, credentials: credentialsOf(newerTokens) }
    await clock.advance(250)
    expect([flight.outcome?.kind, calls.length]).toEqual(['adopted', 0])
  })

  test('is superseded when its session has ended', async () => {
    const { store, clock, start, calls } = await startLeased()
    const flight = start()
    await clock.advance(3000)
    store.content = storedRecord({ sessionId: 'over', credentials: null })
    await clock.advance(250)
    expect([flight.outcome?.kind, calls.length]).toEqual(['superseded', 0])
  })

  test('leaves its backoff to all tabs if it failed for a temporary reason', async () => {
    const { store, clock, start, calls, leased } = await startLeased()
    const flight = start()
    await clock.advance(3000)
    store.content = { ...leased, revision: 'r', lease: null, retryAt: clock.wallMs() + 5000 }
    await clock.advance(250)
    expect(flight.outcome).toMatchObject({ kind: 'unavailable', retryAfterMs: 4750 })
    expect(calls).toEqual([])
  })

  test.each([
    ['withdrawn', null],
    ['closed, its answer lost', leaseOf({ closed: true })],
  ])('that is %s lets this tab send, once', async (_name, lease) => {
    const { store, clock, start, calls, leased } = await startLeased()
    start()
    await clock.advance(3000)
    store.content = { ...leased, revision: 'r', lease }
    await clock.advance(250)
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1'])
  })

  test('is superseded by a sign-out here: nothing is sent', async () => {
    const { clock, session, start, calls } = await startLeased()
    const flight = start()
    await clock.advance(1000)
    await session.signOut()
    await clock.advance(250)
    expect([flight.outcome?.kind, calls.length]).toEqual(['superseded', 0])
  })

  test('made under the lock that this tab now holds is not open: its owner is gone', async () => {
    const { clock, start, calls } = await startLeased({ underLock: true })
    start({ lost: false, shared: true })
    await clock.settle()
    expect(calls.length).toBe(1)
  })

  test.each([
    ['without the lock, while this tab holds it', { underLock: false }, { lost: false, shared: true }],
    [
      'under the lock, while this tab holds a turn in its own queue only',
      { underLock: true },
      { lost: false, shared: false },
    ],
    ['under the lock, which was taken from this tab', { underLock: true }, { lost: true, shared: true }],
    ['under the lock, while this tab has none', { underLock: true }, null],
  ])('made %s is open', async (_name, lease, held) => {
    const { clock, start, calls } = await startLeased(lease)
    start(held)
    await clock.advance(5000)
    expect(calls).toEqual([])
  })

  test('promise 10: is stale once it was seen for the refresh’s deadline and two seconds, and then sent once', async () => {
    const { clock, start, calls } = await startLeased()
    start()
    await clock.advance(11_999)
    expect(calls).toEqual([])
    await clock.advance(251)
    expect(calls.length).toBe(1)
  })

  test('LF-02: is watched anew if half of its time was slept through', async () => {
    const { clock, start, calls } = await startLeased()
    start()
    await clock.advance(8000)
    clock.sleepFor(3_600_000)
    await clock.advance(3900)
    expect(calls).toEqual([])
  })

  test('is watched anew if another one has replaced it', async () => {
    const { store, clock, start, calls, leased } = await startLeased()
    start()
    await clock.advance(8000)
    store.content = { ...leased, revision: 'r', lease: leaseOf({ id: 'of-a-third-tab', startedAt: clock.wallMs() }) }
    await clock.advance(8000)
    expect(calls).toEqual([])
    await clock.advance(4250)
    expect(calls.length).toBe(1)
  })
})

describe('the time for which a lease is open', () => {
  const watchOf = () => {
    const clock = createControlledClock()
    const isOpen = createLeaseWatch(clock, 12_000)
    return { clock, isOpen: (lease: Lease) => isOpen(lease, 0) }
  }

  test('is twelve seconds of being watched without a gap', async () => {
    const { clock, isOpen } = watchOf()
    const lease = leaseOf({ startedAt: clock.wallMs() })
    for (let second = 0; second < 12; second += 1) {
      expect(isOpen(lease)).toBe(true)
      await clock.advance(1000)
    }
    expect(isOpen(lease)).toBe(false)
  })

  test('begins anew after a gap of over a second in the watching', async () => {
    const { clock, isOpen } = watchOf()
    const lease = leaseOf({ startedAt: clock.wallMs() })
    for (let second = 0; second < 11; second += 1) {
      isOpen(lease)
      await clock.advance(1000)
    }
    await clock.advance(1001)
    expect(isOpen(lease)).toBe(true)
  })

  test('LF-06: is over for a page that has just started if the lease is older than that', () => {
    const { clock, isOpen } = watchOf()
    expect(isOpen(leaseOf({ startedAt: clock.wallMs() - 12_000 }))).toBe(false)
    expect(isOpen(leaseOf({ startedAt: clock.wallMs() - 11_999 }))).toBe(true)
  })

  test.each([-86_400_000, 86_400_000])(
    'has not passed for a new lease if the clock was set by %i ms since the page started',
    async ms => {
      const { clock, isOpen } = watchOf()
      await clock.advance(600_000)
      clock.jumpWall(ms)
      expect(isOpen(leaseOf({ startedAt: clock.wallMs() }))).toBe(true)
    },
  )

  test.each([-86_400_000, 86_400_000])(
    'has not passed for a new lease if the clock was set by %i ms since it was made',
    async ms => {
      const { clock, isOpen } = watchOf()
      await clock.advance(600_000)
      const lease = leaseOf({ startedAt: clock.wallMs() })
      clock.jumpWall(ms)
      expect(isOpen(lease)).toBe(true)
    },
  )

  test('TM-07: has not passed on a machine that has slept since the lease was made', async () => {
    const { clock, isOpen } = watchOf()
    await clock.advance(600_000)
    const lease = leaseOf({ startedAt: clock.wallMs() })
    clock.sleepFor(8 * 3_600_000)
    expect(isOpen(lease)).toBe(true)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1])(
    'is no longer for a lease that says it was made at %d',
    async startedAt => {
      const { clock, isOpen } = watchOf()
      const lease = leaseOf({ startedAt })
      for (let second = 0; second < 12; second += 1) {
        isOpen(lease)
        await clock.advance(1000)
      }
      expect(isOpen(lease)).toBe(false)
    },
  )
})
