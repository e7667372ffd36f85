import { describe, expect, test } from 'vitest'
import type { StepUpRequirement } from '../../../src/errors.ts'
import { createReauthenticatorRig, type ReauthenticatorRigOptions } from '../../support/reauthenticator-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const alice = { accessToken: 'of-alice', refreshToken: 'refresh-of-alice', subject: 'alice' }
const gold: StepUpRequirement = { acrValues: ['gold'], maxAgeSeconds: null, scope: null }

/** Alice is signed in. */
const start = async (options: ReauthenticatorRigOptions = {}) => {
  const rig = createReauthenticatorRig(options)
  await rig.session.signIn(alice)
  return rig
}

/** She has done what `requirement` says, so that her token has generation 1. */
const complete = async (requirement: StepUpRequirement) => {
  const rig = await start()
  await rig.clock.advance(5000)
  const dialog = rig.login.stepUp(requirement, 0)
  await rig.clock.settle()
  await rig.answerDialog({ accessToken: 'stronger', subject: 'alice' })
  expect([await dialog?.outcome, rig.session.state.generation]).toEqual(['signed-in', 1])
  return { ...rig, dialog }
}

describe('a step-up', () => {
  test('opens a dialog with the requirement, and suspends the session', async () => {
    const { session, login, asked, clock } = await start()
    const events: unknown[] = []
    session.listenersOf('reauthentication-started').add(({ kind, subject }) => void events.push([kind, subject]))
    const dialog = login.stepUp({ ...gold, scope: 'pay' }, 0)
    await clock.settle()
    expect([dialog, dialog?.kind]).toEqual([login.reauthentication, 'step-up'])
    expect(asked[0]?.need).toMatchObject({ kind: 'step-up', acrValues: ['gold'], scope: 'pay', subject: 'alice' })
    expect([events, session.state.status]).toEqual([[['step-up', 'alice']], 'reauthenticating'])
  })

  test.each<[string, ReauthenticatorRigOptions]>([
    ['has no dialog', { hasDialog: false }],
    ['has disposed of the client', { isDisposed: true }],
  ])('opens nothing where the app %s', async (_, options) => {
    const { session, login, asked, clock } = await start(options)
    expect(login.stepUp(gold, 0)).toBeNull()
    await clock.settle()
    expect([asked, session.state.status]).toEqual([[], 'signed-in'])
  })

  test('shares the dialog that is open already, whatever that asks', async () => {
    const { login, asked, clock } = await start()
    const first = login.stepUp(gold, 0)
    expect(login.stepUp({ ...gold, acrValues: ['platinum'] }, 0)).toBe(first)
    await clock.settle()
    expect(asked).toHaveLength(1)
  })

  test('is done by a sign-in with the same tokens: the server may have raised their level', async () => {
    const { login, answerDialog } = await start()
    const dialog = login.stepUp(gold, 0)
    await answerDialog(alice)
    expect(await dialog?.outcome).toBe('signed-in')
  })

  test('is not done by a refresh in another tab', async () => {
    const { store, session, login, clock } = await start()
    const dialog = login.stepUp(gold, 0)
    store.content = storedRecord({ sessionId: String(session.state.sessionId), generation: 1 })
    await session.reread()
    await clock.settle()
    expect(session.state).toMatchObject({ status: 'reauthenticating', generation: 1 })
    expect(login.reauthentication).toBe(dialog)
  })

  test('keeps the token of this tab in use, whatever another tab renews in a store without tokens', async () => {
    const { store, session, login, clock } = await start()
    const dialog = login.stepUp(gold, 0)
    const credentials = credentialsOf({ accessToken: null, refreshToken: null, tokensElsewhere: true })
    store.content = storedRecord({ sessionId: String(session.state.sessionId), generation: 1, credentials })
    await session.reread()
    await clock.settle()
    expect(session.state).toMatchObject({ generation: 0, credentials: { accessToken: 'of-alice' } })
    expect(login.reauthentication).toBe(dialog)
  })

  test('that is declined ends nothing, and the next challenge opens another dialog', async () => {
    const { session, login, asked, answerDialog, clock } = await start()
    const dialog = login.stepUp(gold, 0)
    await answerDialog(null)
    expect([await dialog?.outcome, session.state.status]).toEqual(['declined', 'signed-in'])
    expect(login.stepUp(gold, 0)).not.toBeNull()
    await clock.settle()
    expect(asked).toHaveLength(2)
  })

  test('is declined for its requests when the refresh is rejected: the login dialog opens instead', async () => {
    const { session, login, asked, clock } = await start()
    const dialog = login.stepUp(gold, 0)
    login.onRefreshRejected('refresh-rejected')
    await clock.settle()
    expect(await dialog?.outcome).toBe('declined')
    expect([login.reauthentication?.kind, session.state.status]).toEqual(['login', 'reauthenticating'])
    expect(asked.map(({ need }) => need.kind)).toEqual(['login'])
  })
})

describe('after a step-up, a challenge', () => {
  test('for an older token gets the result of that dialog', async () => {
    const { session, login, dialog } = await complete(gold)
    for (const acrValues of [['gold'], ['platinum']]) {
      const result = login.stepUp({ ...gold, acrValues }, 0)
      expect(result).toMatchObject({ kind: 'step-up', sessionId: session.state.sessionId })
      expect(result?.outcome).toBe(dialog?.outcome)
    }
  })

  test('with the same requirement for the new token opens none: it would not help', async () => {
    const { login, clock } = await complete(gold)
    await clock.advance(86_400_000)
    expect(login.stepUp(gold, 1)).toBeNull()
  })

  test.each<[string, Partial<StepUpRequirement>]>([
    ['level', { acrValues: ['platinum'] }],
    ['age', { maxAgeSeconds: 60 }],
    ['scope', { scope: 'pay' }],
  ])('with another %s for the new token opens a dialog', async (_, more) => {
    const { login, dialog } = await complete(gold)
    const next = login.stepUp({ ...gold, ...more }, 1)
    expect(next).toMatchObject({ kind: 'step-up' })
    expect(next?.outcome).not.toBe(dialog?.outcome)
  })

  test('for a still newer token opens a dialog', async () => {
    const { login } = await complete(gold)
    expect(login.stepUp(gold, 2)).toMatchObject({ kind: 'step-up' })
  })

  test.each([
    [60, 60_000],
    [0, 0],
  ])('with the same maximum age of %i s opens a dialog only later than that', async (maxAgeSeconds, ms) => {
    const { login, clock } = await complete({ ...gold, maxAgeSeconds })
    await clock.advance(ms)
    expect(login.stepUp({ ...gold, maxAgeSeconds }, 1)).toBeNull()
    await clock.advance(1)
    expect(login.stepUp({ ...gold, maxAgeSeconds }, 1)).not.toBeNull()
  })

  test.each([0, 1])('in another session opens a dialog, although its token has generation %i', async generation => {
    const { session, login, dialog } = await complete(gold)
    await session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    const next = login.stepUp(gold, generation)
    expect(next).toMatchObject({ kind: 'step-up' })
    expect(next?.outcome).not.toBe(dialog?.outcome)
  })

  test('in the session that another user began in the dialog opens a dialog of its own', async () => {
    const { login, clock, answerDialog } = await start()
    const dialog = login.stepUp(gold, 0)
    await clock.settle()
    await answerDialog({ accessToken: 'of-bob', subject: 'bob' })
    expect(await dialog?.outcome).toBe('signed-in')
    expect(login.stepUp(gold, 0)).toMatchObject({ kind: 'step-up' })
    expect(login.reauthentication?.outcome).not.toBe(dialog?.outcome)
  })
})
