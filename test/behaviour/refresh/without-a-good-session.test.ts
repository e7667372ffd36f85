import { describe, expect, test } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, refusal, type Stage, type StageOptions } from '../../support/stage.ts'

type Kind = 'ordinary' | 'keepalive' | 'stream'
const kinds: readonly Kind[] = ['ordinary', 'keepalive', 'stream']

const initOf = (kind: Kind): RequestInit => {
  if (kind === 'keepalive') return { keepalive: true }
  if (kind === 'ordinary') return {}
  return { method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' } as RequestInit
}

const sentAt = ({ sends }: Stage, path: string) => sends.filter(send => send.path === path).map(({ token }) => token)

describe.each(forms)('promise 3, after an unavailable refresh, by %s', (_form, send) => {
  /** A 401, and a refresh that fails; `afterMs` later. */
  const arrange = async (beforeMs: number, afterMs: number) => {
    const stage = createStage({ lifetimeSeconds: 120 })
    await stage.signIn()
    stage.refresh(() => Promise.reject(new Error('down')))
    const held = createDeferred<Response>()
    stage.answer(({ path }) => (path === '/refused' ? held.promise : new Response('fine')))
    const waiting = outcomeOf(send(stage.client, '/refused'), stage.clock)
    await waiting
    const refused = send(stage.client, '/refused')
    await stage.clock.advance(beforeMs)
    held.resolve(refusal())
    await expect(refused).rejects.toMatchObject({ code: 'refresh-unavailable' })
    await stage.clock.advance(afterMs)
    return stage
  }
  const begin = async (stage: Stage, kind: Kind) => {
    const begun = stage.refreshes.length
    stage.refresh(() => new Promise(() => {}))
    const outcome = await outcomeOf(send(stage.client, '/asked', initOf(kind)), stage.clock)
    return { outcome, started: stage.refreshes.length - begun, sent: sentAt(stage, '/asked').length }
  }
  const at = { good: 1000, due: 100_000, expired: 121_000 }

  test.each(kinds)('within the backoff, a good token: %s is sent, and starts nothing', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.good, 1), kind)
    expect([outcome, started, sent]).toEqual([expect.objectContaining({ status: 200 }), 0, 1])
  })
  test.each(kinds)('within the backoff, a token about to expire: %s is sent, and starts nothing', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.due, 1), kind)
    expect([outcome, started, sent]).toEqual([expect.objectContaining({ status: 200 }), 0, 1])
  })
  test.each(kinds)('within the backoff, an expired token: %s', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.expired, 1), kind)
    const keeps = kind === 'keepalive'
    expect(outcome).toMatchObject(keeps ? { status: 200 } : { code: 'refresh-unavailable' })
    expect([started, sent]).toEqual([0, keeps ? 1 : 0])
  })
  test.each(kinds)('after the backoff, a good token: %s is sent, and starts nothing', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.good, 5000), kind)
    expect([outcome, started, sent]).toEqual([expect.objectContaining({ status: 200 }), 0, 1])
  })
  test.each(kinds)('after the backoff, a token about to expire: %s', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.due, 5000), kind)
    const waits = kind === 'stream'
    expect(outcome).toEqual(waits ? 'pending' : expect.objectContaining({ status: 200 }))
    expect([started, sent]).toEqual([kind === 'keepalive' ? 0 : 1, waits ? 0 : 1])
  })
  test.each(kinds)('after the backoff, an expired token: %s', async kind => {
    const { outcome, started, sent } = await begin(await arrange(at.expired, 5000), kind)
    const keeps = kind === 'keepalive'
    expect(outcome).toEqual(keeps ? expect.objectContaining({ status: 200 }) : 'pending')
    expect([started, sent]).toEqual(keeps ? [0, 1] : [1, 0])
  })
})

describe.each(forms)('promise 3, without a session, by %s', (_form, send) => {
  test.each(kinds)('%s is sent without credentials, and a good response is returned to the caller', async kind => {
    const stage = createStage()
    stage.answer(() => new Response('public'))
    expect(await (await send(stage.client, '/asked', initOf(kind))).text()).toBe('public')
    expect([sentAt(stage, '/asked'), stage.refreshes.length]).toEqual([[null], 0])
  })

  test.each(kinds)('its 401 is returned to the caller, and onLoginRequired is called: %s', async kind => {
    const stage = createStage()
    const answer = await send(stage.client, '/asked', initOf(kind))
    await stage.clock.advance(0)
    expect([answer.status, await answer.text()]).toEqual([401, 'refused'])
    expect(stage.logins).toMatchObject([{ reason: 'not-signed-in', request: { url: 'https://api.test/asked' } }])
    expect([sentAt(stage, '/asked'), stage.refreshes.length]).toEqual([[null], 0])
  })

  test.each([
    { auth: 'optional', name: 'optional' },
    { auth: false, name: 'false' },
  ] as const)('ST-03: with auth: $name its 401 tells nobody', async ({ auth }) => {
    const stage = createStage()
    expect((await send(stage.client, '/asked', { auth })).status).toBe(401)
    await stage.clock.advance(0)
    expect([stage.logins.length, stage.refreshes.length]).toEqual([0, 0])
  })

  test('ST-03: a user signed in before its 401 came: it did not begin as that user’s, so the 401 is returned to the caller', async () => {
    const stage = createStage()
    const held = createDeferred<Response>()
    stage.answer(({ token }) => (token === null ? held.promise : new Response('fine')))
    const answer = send(stage.client, '/asked')
    await stage.clock.settle()
    await stage.signIn()
    held.resolve(refusal('Bearer'))
    expect((await answer).status).toBe(401)
    expect([sentAt(stage, '/asked'), stage.refreshes.length, stage.logins.length]).toEqual([[null], 0, 0])
  })

  const ambient: StageOptions = { strategy: { ambient: true } }

  test('ST-03: where the credential is not in the page, the session is fetched before the first request', async () => {
    const stage = createStage(ambient)
    expect((await send(stage.client, '/asked')).status).toBe(200)
    expect([sentAt(stage, '/asked'), stage.refreshes.length]).toEqual([['access-1'], 1])
    expect(stage.refreshes[0]).toMatchObject({ cause: 'restore', refreshToken: undefined })
  })

  test('ST-03: if no user turns out to be signed in, the request is sent without credentials, and its 401 requires a login', async () => {
    const stage = createStage(ambient)
    stage.refresh(async () => null)
    const answers = await Promise.all([send(stage.client, '/asked'), send(stage.client, '/asked')])
    await stage.clock.advance(0)
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    expect(sentAt(stage, '/asked')).toEqual([null, null])
    expect(stage.refreshes.length).toBe(1)
    expect(stage.logins).toMatchObject([{ reason: 'not-signed-in' }])
  })
})

describe.each(forms)('promise 3, while the dialog is open, by %s', (_form, send) => {
  /** Refused by API and token endpoint; the dialog stands open. */
  const arrange = async (before: readonly string[]) => {
    const dialog = createDeferred<SessionInput | null>()
    const stage = createStage({ lifetimeSeconds: 120, reauthenticate: () => dialog.promise })
    await stage.signIn({ subject: 'alice' })
    stage.refresh(async () => null)
    stage.answer(({ token }) => (token === 'access-1' ? refusal() : new Response('fine')))
    const waiting = before.map(path => send(stage.client, path))
    await stage.clock.settle()
    expect(stage.client.session.status).toBe('reauthenticating')
    return { stage, dialog, waiting }
  }

  test('a request begun before waits, and is sent when the user has signed in', async () => {
    const { stage, dialog, waiting } = await arrange(['/before'])
    const [before] = waiting
    if (!before) throw new Error('nothing was asked')
    expect(await outcomeOf(before, stage.clock)).toBe('pending')
    expect(sentAt(stage, '/before')).toEqual(['access-1'])
    dialog.resolve(stage.issue({ subject: 'alice' }))
    expect((await before).status).toBe(200)
    expect(sentAt(stage, '/before')).toEqual(['access-1', 'access-2'])
  })

  test('a request begun before whose 401 comes only now waits too, and causes no refresh', async () => {
    const dialog = createDeferred<SessionInput | null>()
    const stage = createStage({ reauthenticate: () => dialog.promise })
    await stage.signIn({ subject: 'alice' })
    const held = createDeferred<Response>()
    stage.refresh(async () => null)
    stage.answer(({ path, token }) => {
      if (token !== 'access-1') return new Response('fine')
      return path === '/late' ? held.promise : refusal()
    })
    const [late, first] = [send(stage.client, '/late'), send(stage.client, '/first')]
    await stage.clock.settle()
    expect(stage.client.session.status).toBe('reauthenticating')
    held.resolve(refusal())
    expect(await outcomeOf(late, stage.clock)).toBe('pending')
    dialog.resolve(stage.issue({ subject: 'alice' }))
    expect([(await late).status, (await first).status]).toEqual([200, 200])
    expect(stage.refreshes.length).toBe(1)
  })

  test.each(kinds)('a request begun after is sent without credentials: %s', async kind => {
    const { stage, dialog, waiting } = await arrange(['/before'])
    expect((await send(stage.client, '/after', initOf(kind))).status).toBe(200)
    expect(sentAt(stage, '/after')).toEqual([null])
    dialog.resolve(null)
    await Promise.allSettled(waiting)
  })
})

describe('promise 3, over HTTP', () => {
  test('a hundred requests with a token known to be expired wait for one refresh, and none gets a 401', async () => {
    const { server, client } = await createServedClient({}, { accessTokenSeconds: 1, signedIn: false })
    const tokens = server.issue('alice')
    server.expireAccessTokens()
    // Younger than a millisecond on arrival, and past its end by the time of the first request.
    await client.session.signIn({ ...tokens, expiresInSeconds: 0.001 })
    await expect.poll(() => (client.session.getSnapshot().accessTokenExpiresAtMs ?? 0) < Date.now()).toBe(true)
    server.settings.accessTokenSeconds = 300
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.fetch(`${server.origin}/api/a`)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect([server.refreshes, server.sends.length]).toEqual([1, 100])
  })
})
