import type { Client, SessionEvents } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { eventTypes } from '../../../src/session/events.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createDialogStage, openDialog } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, refusal, stageOrigin } from '../../support/stage.ts'

const url = `${stageOrigin}/x`

/** All but the steps of requests. */
const listen = ({ session }: Client) => {
  const told: SessionEvents[keyof SessionEvents][] = []
  for (const type of eventTypes) if (type !== 'request') session.on(type, event => void told.push(event))
  return { told, types: () => told.map(({ type }) => type) }
}

describe('a session that is found when the page begins', () => {
  test('in the store is reported as restored, not as a sign-in in another tab', async () => {
    const store = Object.assign(createScriptedStore(), { shared: true })
    const before = createStage({ store, sessionName: 'main' })
    await before.signIn({ subject: 'alice' })
    before.client.dispose()
    const { client } = createStage({ store, sessionName: 'main', clock: before.clock })
    const { told } = listen(client)
    await client.session.ready()
    expect(told).toMatchObject([{ type: 'restored', from: 'store', subject: 'alice', tab: 'this', epoch: 1 }])
  })

  test('by a refresh is reported as restored, too', async () => {
    const { client, refresh, issue } = createStage({ strategy: { ambient: true } })
    refresh(async () => issue({ subject: 'alice' }))
    const { told, types } = listen(client)
    await client.session.ready()
    expect(types()).toEqual(['refresh-started', 'restored'])
    expect(told[1]).toMatchObject({ from: 'server', subject: 'alice', tab: 'this' })
  })

  test('is distinguished from a user who signs in while the status is unknown', async () => {
    const { client, signIn } = createStage()
    const { types } = listen(client)
    await signIn()
    await client.session.ready()
    expect(types()).toEqual(['signed-in'])
  })

  test('is not reported if there was none', async () => {
    const { client } = createStage()
    const { types } = listen(client)
    await client.session.ready()
    expect(types()).toEqual([])
  })
})

describe('a refresh', () => {
  test('is reported when it begins, once for all waiting requests, with its duration at the end', async () => {
    const { client, clock, signIn, refuseAll, refresh, issue } = createStage()
    await signIn()
    refuseAll()
    const refreshed = createDeferred<ReturnType<typeof issue>>()
    refresh(() => refreshed.promise)
    const { told, types } = listen(client)
    const answers: Promise<unknown>[] = [client.fetch(url), client.fetch(url)]
    await clock.settle()
    answers.push(client.session.refresh())
    await clock.advance(1500)
    expect(told).toMatchObject([{ type: 'refresh-started', cause: 'rejected', audience: null, generation: 0 }])
    refreshed.resolve(issue())
    await clock.settle()
    await Promise.all(answers)
    expect(types()).toEqual(['refresh-started', 'refreshed'])
    expect(told[1]).toMatchObject({ cause: 'rejected', durationMs: 1500, generation: 1 })
  })

  test('that fails has a duration, too', async () => {
    const { client, clock, signIn, refresh } = createStage()
    await signIn()
    refresh(async () => {
      await new Promise(resolve => clock.setTimer(() => resolve(undefined), 700))
      throw new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    })
    const { told, types } = listen(client)
    const outcome = client.session.refresh().catch(() => {})
    await clock.advance(20_000)
    await outcome
    expect(types()).toEqual(['refresh-started', 'refresh-failed'])
    expect((told[1] as SessionEvents['refresh-failed']).durationMs).toBeGreaterThanOrEqual(700)
  })

  test('of another tab has no duration here', async () => {
    const store = Object.assign(createScriptedStore(), { shared: true })
    const [one, other] = [createStage({ store, sessionName: 'm' }), createStage({ store, sessionName: 'm' })]
    await one.signIn({ subject: 'alice' })
    await other.client.session.ready()
    const { told } = listen(other.client)
    await one.client.session.refresh()
    other.wake()
    await other.clock.settle()
    expect(told).toMatchObject([{ type: 'refreshed', tab: 'other', durationMs: null }])
  })

  test('names the audience whose token it is to bring', async () => {
    const files = 'https://files.test'
    const audienceOf = (origin: string) => (origin === files ? 'urn:files' : undefined)
    const { client, signIn, answer } = createStage({ trustedOrigins: [files], strategy: { audienceOf } })
    await signIn()
    answer(() => new Response('fine'))
    const { told } = listen(client)
    await client.fetch(`${files}/a`)
    expect(told[0]).toMatchObject({ type: 'refresh-started', audience: 'urn:files' })
  })

  test('that a listener of refresh-started ends by signing out sends no token', async () => {
    const { client, clock, signIn, refreshes } = createStage()
    await signIn()
    client.session.on('refresh-started', () => void client.session.signOut())
    const outcome = client.session.refresh().catch((error: unknown) => error)
    await clock.advance(1000)
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    expect(refreshes).toEqual([])
  })

  test('is joined by requests of a listener of refresh-started', async () => {
    const { client, signIn, refreshes } = createStage()
    await signIn()
    const joined: Promise<unknown>[] = []
    client.session.on('refresh-started', () => void joined.push(client.session.refresh()))
    await client.session.refresh()
    await Promise.all(joined)
    expect([joined.length, refreshes.length]).toEqual([1, 1])
  })
})

describe('a dialog', () => {
  test('for a login is reported when it is required, with the user of the session', async () => {
    const stage = createDialogStage()
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => null)
    const { told, types } = listen(stage.client)
    void stage.client.fetch(url).catch(() => {})
    await stage.clock.settle()
    expect(types()).toEqual(['refresh-started', 'reauthentication-started'])
    expect(told[1]).toMatchObject({ kind: 'login', subject: 'alice' })
    expect(stage.client.session.status).toBe('reauthenticating')
    await stage.answerDialog(stage.issue({ subject: 'alice' }))
    expect(types().at(-1)).toBe('signed-in')
  })

  test('for a step-up says so', async () => {
    const stage = createDialogStage()
    await stage.signIn({ subject: 'alice' })
    stage.answer(() => refusal('Bearer error="insufficient_user_authentication"'))
    const { told } = listen(stage.client)
    void stage.client.fetch(url).catch(() => {})
    await stage.clock.settle()
    expect(told).toMatchObject([{ type: 'reauthentication-started', kind: 'step-up', subject: 'alice' }])
  })

  test('is reported once, however many requests wait for it', async () => {
    const stage = await openDialog()
    const { types } = listen(stage.client)
    for (let count = 0; count < 3; count += 1) {
      void stage.client.fetch(url).catch(() => {})
      await stage.clock.settle()
    }
    expect(types()).toEqual(['refresh-started', 'reauthentication-started'])
  })
})

describe('session.on', () => {
  test.each(['signed-out', 'login', 'token', 'Refreshed', ''])('rejects %j, and lists the events there are', type => {
    const { client } = createStage()
    const on = () => client.session.on(type as never, vi.fn())
    expect(on).toThrow(`\`session.on\`: '${type}' is not one of ${eventTypes.join(', ')}`)
  })

  test.each([
    ['signed-out', 'ended'],
    ['sign-out', 'ended'],
    ['logout', 'ended'],
    ['signedIn', 'signed-in'],
    ['refresh-fail', 'refresh-failed'],
    ['Refreshed', 'refreshed'],
  ])('says for %j that it is %s', (type, right) => {
    const { client } = createStage()
    expect(() => client.session.on(type as never, vi.fn())).toThrow(`request. Write '${right}'`)
  })

  test.each([undefined, null, 'ended', {}])('rejects %o in place of a listener, and so does subscribe', listener => {
    const { client } = createStage()
    expect(() => client.session.on('ended', listener as never)).toThrow('`session.on`: write a function')
    expect(() => client.session.subscribe(listener as never)).toThrow('`session.subscribe`: write a function')
  })

  test('rejects several types at once', () => {
    const { client } = createStage()
    expect(() => client.session.on(['ended', 'refreshed'] as never, vi.fn())).toThrow("'ended,refreshed' is not one of")
  })

  test.each(eventTypes)('takes %s', type => {
    const { client } = createStage()
    expect(() => client.session.on(type, () => {})()).not.toThrow()
  })
})
