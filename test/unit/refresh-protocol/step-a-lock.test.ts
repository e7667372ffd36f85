import { describe, expect, test } from 'vitest'
import { runInLockTurn } from '../../../src/refresh/lock-turn.ts'
import type { Outcome } from '../../../src/refresh/refresh-ports.ts'
import type { HeldLock } from '../../../src/tabs/tab-lock.ts'
import { createRefreshRig, createSignedInRig } from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, takeTicks } from '../../support/session-rig.ts'
import { createTestLock } from '../../support/test-lock.ts'

/** Asks for the lock, for the session as it is. Its turns are noted, not taken. */
const startAsking = async ({
  taken = true,
  store = createScriptedStore(),
  outcome = new Promise<Outcome>(() => {}),
} = {}) => {
  const lock = createTestLock()
  const rig = await createSignedInRig({ lock, store })
  // A page that is an hour old.
  await rig.clock.advance(3_600_000)
  const free = taken ? lock.takenByAnother() : () => {}
  const { sessionId, generation } = rig.session.state
  const turns: (HeldLock | null)[] = []
  const listeners = rig.wake.size
  const done = runInLockTurn(
    { sessionId, generation, replaces: rig.session.state.credentials, cause: 'rejected', startedMs: 0, outcome },
    rig.ports,
    async held => {
      turns.push(held)
      return { kind: 'refreshed' }
    },
  )
  await rig.clock.settle()
  return { ...rig, lock, free, turns, done, listeners }
}

const lease = { id: 'another', generation: 0, startedAt: Date.UTC(2026, 0, 1, 1), underLock: true }

describe('step a: the lock', () => {
  test('is requested by the session’s name, held for the turn, and released', async () => {
    const { lock, turns, done } = await startAsking({ taken: false })
    expect(lock.asked).toEqual(['main'])
    expect((await done).kind).toBe('refreshed')
    expect(turns).toEqual([{ lost: false, shared: true }])
    expect([lock.isHeld, lock.waiting]).toEqual([false, 0])
  })

  test('is not requested if the store is not shared', async () => {
    const { lock, turns } = await startAsking({ store: createScriptedStore({ shared: false }) })
    expect(lock.asked).toEqual([])
    expect(turns).toEqual([null])
  })

  test('that another tab holds is waited for', async () => {
    const { clock, free, turns, done } = await startAsking()
    await clock.advance(1900)
    expect(turns).toEqual([])
    free()
    await done
    expect(turns).toEqual([{ lost: false, shared: true }])
  })

  test('RT-10: is done without after two seconds, if no other tab is seen refreshing', async () => {
    const { clock, lock, turns, done } = await startAsking()
    await clock.advance(1999)
    expect(turns).toEqual([])
    await clock.advance(1)
    expect((await done).kind).toBe('refreshed')
    expect(turns).toEqual([null])
    expect(lock.waiting).toBe(0)
  })

  test('RT-10: is waited for as long as another tab is seen refreshing', async () => {
    const { store, clock, turns, stored, free, done } = await startAsking()
    store.content = { ...stored(), revision: 'r', lease }
    await clock.advance(10_000)
    expect(turns).toEqual([])
    free()
    await done
    expect(turns.length).toBe(1)
  })

  test('is done without if another tab has stopped refreshing', async () => {
    const { store, clock, turns, stored } = await startAsking()
    store.content = { ...stored(), revision: 'r', lease }
    await clock.advance(5000)
    store.content = { ...stored(), revision: 'r2', lease: { ...lease, closed: true } }
    await clock.advance(500)
    expect(turns).toEqual([null])
  })

  test('is done without if the lease of the other tab is stale', async () => {
    const { store, clock, turns, stored } = await startAsking()
    store.content = { ...stored(), revision: 'r', lease }
    await clock.advance(11_500)
    expect(turns).toEqual([])
    await clock.advance(1500)
    expect(turns).toEqual([null])
  })

  test('is waited for also by a refresh that is superseded: it reads what the record holds, and follows it', async () => {
    const { clock, free, turns, done } = await startAsking({ outcome: Promise.resolve({ kind: 'superseded' }) })
    await clock.advance(1000)
    expect(turns).toEqual([])
    free()
    expect((await done).kind).toBe('refreshed')
    expect(turns).toHaveLength(1)
  })

  test('is waited for through changes that concern no token', async () => {
    const { clock, session, turns } = await startAsking()
    session.suspend(false)
    await clock.settle()
    expect(turns).toEqual([])
  })

  test('is done without after two seconds also where there is no record', async () => {
    const lock = createTestLock()
    lock.takenByAnother()
    const { clock, refresher, calls } = createRefreshRig({ lock, ambient: true })
    refresher.start('restore')
    await clock.advance(1999)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toHaveLength(1)
  })

  test.each(['throws', 'rejects', 'hangs'] as const)(
    'is done without after two seconds also if the store %s meanwhile',
    async fault => {
      const { store, clock, turns } = await startAsking()
      store.fail('read', fault)
      await clock.advance(5000)
      expect(turns).toEqual([null])
    },
  )
})

describe('step a: the queue for the lock is left at once when it has become pointless', () => {
  test('after a sign-out here', async () => {
    const { clock, session, lock, turns } = await startAsking()
    void session.signOut()
    await clock.settle()
    expect([turns, lock.waiting]).toEqual([[null], 0])
  })

  test('after a sign-in of another user here', async () => {
    const { clock, session, turns } = await startAsking()
    void session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    await clock.settle()
    expect(turns).toEqual([null])
  })

  test('after a message about newer tokens', async () => {
    const { store, clock, session, turns, id } = await startAsking()
    store.content = storedRecord({ sessionId: id, generation: 1 })
    await session.reread()
    await clock.settle()
    expect(turns).toEqual([null])
  })

  test.each([
    ['newer tokens', (id: string) => storedRecord({ sessionId: id, generation: 1 })],
    ['another session', () => storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })],
    ['a sign-out', () => storedRecord({ sessionId: 'over', credentials: null })],
    ['nothing', () => null],
  ])('without a message about %s, by reading the record twice a second', async (_name, record) => {
    const { store, clock, turns, id } = await startAsking()
    store.content = record(id)
    await clock.advance(500)
    expect(turns).toEqual([null])
  })
})

describe('step a: a page that is put to sleep', () => {
  test('LF-02: leaves the queue, and starts nothing, however long it sleeps', async () => {
    const { clock, wake, lock, turns } = await startAsking()
    wake.sleep()
    await clock.settle()
    expect(lock.waiting).toBe(0)
    await clock.advance(60_000)
    expect(turns).toEqual([])
  })

  test('LF-02: requests the lock again on waking', async () => {
    const { clock, wake, lock, free, turns } = await startAsking()
    wake.sleep()
    await clock.advance(60_000)
    wake.wake()
    await clock.settle()
    expect([lock.asked.length, lock.waiting]).toEqual([2, 1])
    free()
    await clock.settle()
    expect(turns).toEqual([{ lost: false, shared: true }])
  })

  test('LF-02: requests the lock again as often as it sleeps', async () => {
    const { clock, wake, lock, free, turns } = await startAsking()
    for (let nap = 0; nap < 5; nap += 1) {
      wake.sleep()
      await clock.settle()
      wake.wake()
      await clock.settle()
    }
    expect([lock.asked.length, lock.waiting, turns.length]).toEqual([6, 1, 0])
    free()
    await clock.settle()
    expect(turns.length).toBe(1)
  })

  test('just as it gets the lock takes its turn once, or requests it again once, at every microtask', async () => {
    for (const ticks of allTicks) {
      const { clock, wake, free, turns, lock } = await startAsking()
      free()
      await takeTicks(ticks)
      wake.sleep()
      await clock.settle()
      wake.wake()
      await clock.advance(3000)
      expect(turns.length, `after ${ticks} microtasks`).toBe(1)
      expect(lock.isHeld, `after ${ticks} microtasks`).toBe(false)
    }
  })
})

describe('step a: afterwards', () => {
  test.each([
    ['had', async ({ free }: Awaited<ReturnType<typeof startAsking>>) => free()],
    ['not had', async ({ clock }: Awaited<ReturnType<typeof startAsking>>) => clock.advance(2000)],
    ['left', async ({ session }: Awaited<ReturnType<typeof startAsking>>) => session.signOut()],
  ])('%s: no timer and no listener is left', async (_name, end) => {
    const asking = await startAsking()
    const { clock, session, wake, listeners, done } = asking
    const changed = session.changed.size
    await end(asking)
    await done
    await clock.settle()
    expect([clock.pendingTimers, wake.size]).toEqual([0, listeners])
    expect(session.changed.size).toBe(changed - 1)
  })

  test('if it was left while the record was being read, it is not read again', async () => {
    const { store, clock, session, done } = await startAsking()
    const held = store.hold('read')
    await clock.advance(500)
    await session.signOut()
    held.open()
    await done
    const { length } = store.calls
    await clock.advance(5000)
    expect([store.calls.length, clock.pendingTimers]).toEqual([length, 0])
  })

  test('had: while the token request is under way, the record is not read twice a second any more', async () => {
    const lock = createTestLock()
    const { store, clock, refresher, calls } = await createSignedInRig({ lock })
    refresher.start('rejected')
    await clock.settle()
    const { length } = store.calls
    await clock.advance(5000)
    expect([calls.length, lock.isHeld, store.calls.length]).toEqual([1, true, length])
  })

  test('a turn that fails releases the lock, and passes its error on', async () => {
    const lock = createTestLock()
    const { session, ports, clock } = await createSignedInRig({ lock })
    const flown = {
      sessionId: session.state.sessionId,
      generation: 0,
      replaces: session.state.credentials,
      cause: 'rejected',
      startedMs: 0,
      outcome: new Promise<Outcome>(() => {}),
    } as const
    await expect(runInLockTurn(flown, ports, () => Promise.reject(new Error('a mistake')))).rejects.toThrow('a mistake')
    expect([lock.isHeld, clock.pendingTimers]).toEqual([false, 0])
  })

  test('the turn is taken once, whether the wait ends or the lock comes first, at every microtask', async () => {
    for (const ticks of allTicks) {
      const { clock, free, turns, lock } = await startAsking()
      const ending = clock.advance(2000)
      await takeTicks(ticks)
      free()
      await ending
      await clock.settle()
      expect(turns.length, `after ${ticks} microtasks`).toBe(1)
      expect([lock.isHeld, lock.waiting], `after ${ticks} microtasks`).toEqual([false, 0])
    }
  })
})
