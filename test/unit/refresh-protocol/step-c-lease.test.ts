import { describe, expect, test } from 'vitest'
import type { Lease } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createRefreshRig, createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, takeTicks } from '../../support/session-rig.ts'

const shared = () => ({ lost: false, shared: true })

describe('step c: the lease', () => {
  test('is in the store before the token is sent, and names session and generation', async () => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    const held = store.hold('compareAndSet', 'before')
    start(shared())
    await held.reached
    await clock.settle()
    expect(calls).toEqual([])
    expect(stored()).toMatchObject({
      generation: 0,
      credentials: { refreshToken: 'refresh-1' },
      lease: {
        id: expect.stringMatching(/^\d{1,10}(-\d{1,10}){3}$/),
        generation: 0,
        startedAt: clock.wallMs(),
        underLock: true,
      },
    })
    held.open()
    await clock.settle()
    expect(calls.length).toBe(1)
  })

  test.each([
    ['a turn in the page’s own queue', { lost: false, shared: false }],
    ['nothing', null],
    ['a lock that was taken away', { lost: true, shared: true }],
  ])('made with %s does not count as made under the lock', async (_name, held) => {
    const { clock, start, stored } = await createSignedInRig()
    start(held)
    await clock.settle()
    expect(stored().lease?.underLock).toBe(false)
  })

  test('has an id of its own each time, so that two are never confused', async () => {
    const { store, clock, start, call, stored } = await createSignedInRig()
    const ids: (string | undefined)[] = []
    for (let round = 0; round < 3; round += 1) {
      start()
      await clock.settle()
      ids.push(stored().lease?.id)
      call(round).answer.reject(new TypeError('Failed to fetch'))
      await clock.advance(60_000)
    }
    expect(store.calls.length).toBeGreaterThan(3)
    expect(new Set(ids).size).toBe(3)
  })

  test('that finds another tab’s lease in its place waits for that one, and sends nothing', async () => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    const held = store.hold('compareAndSet')
    start()
    await held.reached
    const lease: Lease = { id: 'another', generation: 0, startedAt: clock.wallMs(), underLock: false }
    store.content = { ...stored(), revision: 'r', lease }
    held.open()
    await clock.advance(5000)
    expect(calls).toEqual([])
    expect(stored().lease?.id).toBe('another')
  })

  test.each([
    ['a sign-out', 'superseded', () => storedRecord({ sessionId: 'over', credentials: null })],
    ['another person', 'superseded', () => storedRecord({ sessionId: 'of-bob' })],
    ['newer tokens', 'adopted', (id: string) => storedRecord({ sessionId: id, generation: 1 })],
    ['nothing', 'superseded', () => null],
  ])('that finds %s in its place: %s, nothing sent, nothing written', async (_name, kind, record) => {
    const { store, start, calls, id } = await createSignedInRig()
    const held = store.hold('compareAndSet')
    const flight = start()
    await held.reached
    const others = record(id)
    store.content = others
    held.open()
    expect((await flight.done).kind).toBe(kind)
    expect(calls).toEqual([])
    expect(store.content).toBe(others)
  })

  test('that found an irrelevant write in its place is made anew, and sent once', async () => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    const held = store.hold('compareAndSet')
    start()
    await held.reached
    store.content = { ...stored(), revision: 'r', refreshCounts: { started: [], unhelpful: [] } }
    held.open()
    await clock.settle()
    expect(calls.length).toBe(1)
  })

  test('that a store never takes is given up: unavailable, nothing sent, no endless loop', async () => {
    const { store, clock, session, start, calls } = await createSignedInRig()
    store.fail('compareAndSet', { answers: false })
    const flight = start()
    await clock.advance(10_000)
    expect(flight.outcome?.kind).toBe('unavailable')
    expect([calls.length, session.state.status]).toEqual([0, 'signed-in'])
  })

  test('that an ambient start cannot get written is given up, too', async () => {
    const { store, clock, start, calls } = createRefreshRig({ ambient: true })
    store.fail('compareAndSet', { answers: false })
    const flight = start(null, 'restore')
    await clock.advance(10_000)
    expect([flight.outcome?.kind, calls.length]).toEqual(['unavailable', 0])
  })
})

describe('step d: the send', () => {
  test.each([
    ['two seconds', 2000, 1],
    ['over two seconds', 2001, 2],
  ])('%s after the lease: leases made: %i ms → %i', async (_name, ms, leases) => {
    const clock = createControlledClock()
    const store = createScriptedStore()
    const { start, calls } = await createSignedInRig({ clock, store })
    const held = store.hold('compareAndSet', 'before')
    start()
    await held.reached
    // Slept: a timer that is due by then has not fired.
    clock.sleepFor(ms)
    held.open()
    await clock.settle()
    expect(calls.length).toBe(1)
    expect(store.calls.filter(call => call === 'compareAndSet').length).toBe(leases)
  })

  test('TM-07: after a sleep since the lease the record is read again: the tokens of another tab are adopted', async () => {
    const { store, clock, start, calls, id } = await createSignedInRig()
    const held = store.hold('compareAndSet', 'before')
    const flight = start()
    await held.reached
    clock.sleepFor(60_000)
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    held.open()
    expect((await flight.done).kind).toBe('adopted')
    expect(calls).toEqual([])
  })

  test('after the lock was taken away since the lease the record is read again, and sent once, not under the lock', async () => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    const lock = shared()
    const held = store.hold('compareAndSet', 'before')
    start(lock)
    await held.reached
    lock.lost = true
    held.open()
    await clock.settle()
    expect(calls.length).toBe(1)
    expect(stored().lease?.underLock).toBe(false)
  })

  test('RT-06: after a sign-out, at any microtask, nothing is sent any more', async () => {
    for (const ticks of allTicks) {
      const { clock, session, start, calls } = await createSignedInRig()
      const flight = start()
      await takeTicks(ticks)
      const before = calls.length
      const signedOut = session.signOut()
      await clock.settle()
      expect(calls.length, `after ${ticks} microtasks`).toBe(before)
      calls[0]?.answer.resolve(newerTokens)
      expect((await flight.done).kind, `after ${ticks} microtasks`).toBe('superseded')
      await signedOut
      expect(session.state.status).toBe('signed-out')
    }
  })

  test('promise 9: over a store that hangs, with timers that are late, the token is sent once, from memory', async () => {
    const clock = createControlledClock()
    const late = { ...clock, setTimer: (run: () => void, ms: number) => clock.setTimer(run, ms + 5) }
    const store = createScriptedStore()
    store.fail('all', 'hangs')
    const { session, start, call, calls } = createRefreshRig({ store, clock: late })
    void session.signIn({ accessToken: 'access-1', refreshToken: 'refresh-1' })
    await clock.advance(3000)
    const flight = start()
    await clock.advance(12_000)
    expect(calls.length).toBe(1)
    call().answer.resolve(newerTokens)
    await clock.advance(10_000)
    expect(flight.outcome?.kind).toBe('refreshed')
    expect(session.state.credentials).toMatchObject(newerTokens)
    expect(calls.length).toBe(1)
  })

  test('promise 9: over a store that can be read but not written the token is sent once', async () => {
    const clock = createControlledClock()
    const late = { ...clock, setTimer: (run: () => void, ms: number) => clock.setTimer(run, ms + 5) }
    const { store, session, start, call, calls } = await createSignedInRig({ clock: late })
    store.fail('compareAndSet', 'hangs')
    const flight = start()
    await clock.advance(12_000)
    expect(calls.length).toBe(1)
    call().answer.resolve(newerTokens)
    await clock.advance(10_000)
    expect(flight.outcome?.kind).toBe('refreshed')
    expect(session.state.credentials).toMatchObject(newerTokens)
  })

  test('the refresh function gets the cause, and a signal that aborts at its deadline and not before', async () => {
    const { clock, start, call } = await createSignedInRig()
    start(null, 'manual')
    await clock.settle()
    expect(call().cause).toBe('manual')
    await clock.advance(9999)
    expect(call().signal.aborted).toBe(false)
    await clock.advance(1)
    expect(call().signal.aborted).toBe(true)
  })
})
