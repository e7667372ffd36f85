import { describe, expect, test } from 'vitest'
import { type aliceTokens, createSignedInRig, newerTokens, oauthError, statusError } from '../../support/refresh-rig.ts'
import { allTicks, takeTicks } from '../../support/session-rig.ts'

type Rig = Awaited<ReturnType<typeof createSignedInRig>>
type Tokens = typeof aliceTokens

const bob: Tokens = { accessToken: 'of-bob', refreshToken: 'refresh-of-bob', subject: 'bob' }
const again: Tokens = { accessToken: 'again', refreshToken: 'refresh-again', subject: 'alice' }

const answers: readonly (readonly [name: string, answer: (rig: Rig) => void])[] = [
  ['newer tokens', ({ call }) => call().answer.resolve(newerTokens)],
  ['another person’s tokens', ({ call }) => call().answer.resolve({ accessToken: 'of-carol', subject: 'carol' })],
  ['a refusal', ({ call }) => call().answer.reject(oauthError('invalid_grant'))],
  ['503', ({ call }) => call().answer.reject(statusError(503))],
  ['nothing: it is lost', ({ call }) => call().answer.reject(new TypeError('Failed to fetch'))],
]
const acts: readonly (readonly [name: string, act: (rig: Rig) => Promise<void>, subject: string | null])[] = [
  ['signed out', ({ session }) => session.signOut(), null],
  ['bob signed in', ({ session }) => session.signIn(bob), 'bob'],
  ['alice signed in again', ({ session }) => session.signIn(again), 'alice'],
]
const cases = answers.flatMap(([answer, arrive]) => acts.map(act => [act[0], answer, arrive, act] as const))

/** Everything in the store that could still sign somebody in. */
const tokensIn = (content: unknown) => JSON.stringify(content).match(/(access|refresh)-\w+|of-\w+|again/g) ?? []

describe('an action on this page while a token response is applied is newer than that response, at every microtask', () => {
  test.each(cases)('RT-06: %s, at %s', async (...arranged) => {
    const [, , arrive, [, act, subject]] = arranged
    for (const reauthenticate of [undefined, async () => null]) {
      for (const ticks of allTicks) {
        const rig = await createSignedInRig({ ports: { reauthenticate } })
        const { clock, session, store, refresher, calls } = rig
        const { outcome } = refresher.start('rejected')
        await clock.settle()
        arrive(rig)
        await takeTicks(ticks)
        const refusals = rig.refusals.length
        const done = act(rig)
        const after = session.state
        await Promise.all([done, outcome])
        await clock.settle()
        const note = `after ${ticks} microtasks`
        expect(session.state.credentials, note).toEqual(after.credentials)
        expect(session.state, note).toMatchObject({
          status: subject ? 'signed-in' : 'signed-out',
          sessionId: after.sessionId,
        })
        expect(store.content, note).toMatchObject({ sessionId: after.sessionId, credentials: after.credentials })
        expect(calls.length, note).toBe(1)
        // Nobody is asked, nor sent to a login page, for a session that is not the current one.
        expect(rig.refusals.length, note).toBe(refusals)
        if (!subject) expect(tokensIn(store.content), note).toEqual([])
      }
    }
  })

  test.each(acts)(
    'promise 12: %s while newer tokens are applied: those are used, or discarded if the session is over',
    async (...[, act]) => {
      for (const ticks of allTicks) {
        const rig = await createSignedInRig()
        const { clock, refresher, call, discarded, told, session, id } = rig
        refresher.start('rejected')
        await clock.settle()
        call().answer.resolve(newerTokens)
        await takeTicks(ticks)
        const done = act(rig)
        await done
        await clock.settle()
        const wereUsed = told.includes('refreshed:this')
        const goesOn = session.state.sessionId === id
        expect(discarded.length, `after ${ticks} microtasks`).toBe(wereUsed || goesOn ? 0 : 1)
      }
    },
  )
})

describe('an action in another tab while a token response is applied, at every microtask', () => {
  test.each(answers)('promise 13: a sign-out over there, at %s, stands', async (_name, arrive) => {
    for (const ticks of allTicks) {
      const rig = await createSignedInRig()
      const { clock, session, store, refresher } = rig
      const { outcome } = refresher.start('rejected')
      await clock.settle()
      arrive(rig)
      await takeTicks(ticks)
      const over = { ...rig.stored(), revision: 'over', sessionId: 'over', credentials: null, endedBy: 'signed-out' }
      store.content = over
      // Once the backoff is over it looks again.
      await Promise.all([outcome, clock.advance(5000)])
      await session.reread()
      const note = `after ${ticks} microtasks`
      expect(store.content, note).toBe(over)
      expect(session.state, note).toMatchObject({ status: 'signed-out', sessionId: 'over' })
    }
  })
})
