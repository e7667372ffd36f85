import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Patience } from '../../../src/refresh/plan-retry.ts'
import { blockedByRecord } from '../../../src/refresh/refresh-blocks.ts'
import { runRefreshRequest } from '../../../src/refresh/refresh-request.ts'
import type { Lease } from '../../../src/session/session-store.ts'
import { createSignedInRig, goOffline, newerTokens, oauthError, statusError } from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, takeTicks } from '../../support/session-rig.ts'

afterEach(() => void vi.unstubAllGlobals())

const lost = () => new TypeError('Failed to fetch')

/** The record has the closed lease of a token request that began `agoMs` ago; requests wait as `patience` says. */
const startAfter = async (lease: Partial<Lease> & { readonly agoMs?: number }, patience?: Patience) => {
  const rig = await createSignedInRig()
  const { agoMs = 1000, ...more } = lease
  const startedAt = rig.clock.wallMs() - agoMs
  const closed = { id: 'former', generation: 0, startedAt, underLock: false, closed: true, ...more }
  rig.store.content = { ...rig.stored(), revision: 'r', lease: closed }
  const { sessionId, generation, credentials } = rig.session.state
  const request = { sessionId, generation, replaces: credentials, cause: 'rejected', startedMs: 0, patience } as const
  const done = runRefreshRequest(request, null, {
    ...rig.ports,
    blockedBy: isStart => blockedByRecord(rig.ports, isStart),
  })
  await rig.clock.settle()
  return { ...rig, done }
}

describe('how often a token was sent without a response', () => {
  test.each<[string, Parameters<typeof startAfter>[0], number]>([
    ['counts on from the lease before', { attempts: 1 }, 2],
    ['counts on from any number', { attempts: 2 }, 3],
    ['counts a lease that says nothing as one', {}, 2],
    ['counts none that did not leave the page', { attempts: 0 }, 1],
    ['counts while servers accept a spent token', { attempts: 2, agoMs: 29_999 }, 3],
    ['counts anew after that', { attempts: 2, agoMs: 30_000 }, 1],
  ])('%s', async (_how, lease, attempts) => {
    const { stored } = await startAfter(lease)
    expect(stored().lease).toMatchObject({ attempts })
  })

  test('begins with the first', async () => {
    const { clock, start, stored } = await createSignedInRig()
    start()
    await clock.settle()
    expect(stored().lease?.attempts).toBe(1)
  })

  test('is none if the browser reports no network: the token has not left the device', async () => {
    const { clock, start, call, stored } = await createSignedInRig()
    goOffline()
    const flight = start()
    await clock.settle()
    call().answer.reject(lost())
    expect(await flight.done).toMatchObject({ reason: 'offline' })
    expect(stored().lease).toMatchObject({ closed: true, attempts: 0 })
  })
})

describe('a token whose response was lost twice', () => {
  const waiting = (failed: number): Patience => ({ untilMs: 5000, failed })

  test('is not sent for requests that have seen one of the losses: they do not wait any longer', async () => {
    const { done, calls } = await startAfter({ attempts: 2 }, waiting(1))
    expect(await done).toMatchObject({ kind: 'unavailable', reason: 'network', retryAfterMs: 250, next: 'never' })
    expect(calls).toEqual([])
  })

  test.each<[string, Parameters<typeof startAfter>[0], Patience | undefined]>([
    ['if only one response was lost', { attempts: 1 }, waiting(1)],
    ['for requests that have seen no loss', { attempts: 2 }, waiting(0)],
    ['where no request waits', { attempts: 2 }, undefined],
    ['after the time for which servers accept it', { attempts: 2, agoMs: 30_000 }, waiting(1)],
  ])('is sent %s', async (_when, lease, patience) => {
    const { calls } = await startAfter(lease, patience)
    expect(calls).toHaveLength(1)
  })

  test('is not sent a third time for those that wait: the second loss says so', async () => {
    const { done, call } = await startAfter({ attempts: 1 }, waiting(0))
    call().answer.reject(lost())
    expect(await done).toMatchObject({ kind: 'unavailable', next: 'never' })
  })

  test('may be sent again after the first loss', async () => {
    const { done, call } = await startAfter({ attempts: 0 }, waiting(0))
    call().answer.reject(lost())
    expect(await done).toMatchObject({ kind: 'unavailable', next: 'planned' })
  })
})

describe('a failure, after which there is something newer', () => {
  test('is no failure of a session that was left', async () => {
    const { clock, session, start, call } = await createSignedInRig()
    const flight = start()
    await clock.settle()
    await session.signOut()
    call().answer.reject(statusError(503))
    expect(await flight.done).toEqual({ kind: 'superseded' })
  })

  test('is none where another tab has stored newer tokens', async () => {
    const { store, clock, start, call, id } = await createSignedInRig()
    const flight = start()
    await clock.settle()
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    call().answer.reject(lost())
    expect(await flight.done).toEqual({ kind: 'adopted' })
  })

  test('touches neither another session that has this lease, nor another lease, nor an empty store', async () => {
    for (const change of ['session', 'lease', 'nothing'] as const) {
      const { store, clock, start, call, stored } = await createSignedInRig()
      const flight = start()
      await clock.settle()
      const { lease } = stored()
      const another = { id: 'another', generation: 0, startedAt: clock.wallMs(), underLock: false }
      const records = {
        session: storedRecord({ sessionId: 'of-bob', lease: lease ?? null }),
        lease: { ...stored(), revision: 'r', lease: another },
        nothing: null,
      }
      store.content = records[change]
      call().answer.reject(statusError(503))
      await flight.done
      expect(store.content, change).toBe(records[change])
    }
  })
})

describe('what a token request reports to the sign-out', () => {
  const startNoting = async () => {
    const noteRefreshEnded = vi.fn()
    const rig = await createSignedInRig({ ports: { revocation: { revokeAgain: () => {}, noteRefreshEnded } } })
    return { ...rig, noteRefreshEnded }
  }

  test.each<[string, boolean, (rig: Awaited<ReturnType<typeof startNoting>>) => void]>([
    ['tokens', true, ({ call }) => call().answer.resolve(newerTokens)],
    ['a 503', true, ({ call }) => call().answer.reject(statusError(503))],
    ['a rejection', false, ({ call }) => call().answer.reject(oauthError('invalid_grant'))],
  ])('after %s: whether it may have brought a cookie: %s', async (_what, mayBring, respond) => {
    const rig = await startNoting()
    const flight = rig.start()
    await rig.clock.settle()
    const { lease } = rig.stored()
    expect(rig.noteRefreshEnded).not.toHaveBeenCalled()
    respond(rig)
    await flight.done
    expect(rig.noteRefreshEnded.mock.calls).toEqual([[expect.objectContaining({ lease }), mayBring]])
  })

  test('where it was leased and not sent, because of the sign-out, at any microtask: it brought nothing', async () => {
    const told = new Set<unknown>()
    for (const ticks of allTicks) {
      const { clock, session, start, calls, noteRefreshEnded } = await startNoting()
      start()
      await takeTicks(ticks)
      const isSent = calls.length > 0
      const signedOut = session.signOut()
      await clock.settle()
      await signedOut
      if (!isSent) for (const [, mayBring] of noteRefreshEnded.mock.calls) told.add(mayBring)
    }
    expect([...told]).toEqual([false])
  })
})
