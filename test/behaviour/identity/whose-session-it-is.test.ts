import type { SessionInput } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { jwtOf } from '../../support/jwt.ts'
import { createStage, outcomeOf, type StageOptions } from '../../support/stage.ts'

/** Somebody signs in with the first, and a refresh brings the second. */
const refreshed = async (login: SessionInput, answer: SessionInput, options: StageOptions = {}) => {
  const stage = createStage(options)
  const ended: string[] = []
  stage.client.session.on('ended', ({ reason }) => void ended.push(reason))
  await stage.client.session.signIn({ refreshToken: 'refresh-1', ...login } as SessionInput)
  stage.refresh(async () => answer)
  const outcome = await outcomeOf(stage.client.session.refresh(), stage.clock)
  const { subject, status, claims } = stage.client.session.getSnapshot()
  return { ...stage, outcome, ended, subject, status, claims }
}

const [issuer, other] = ['https://id.test', 'https://id.example']

describe('a refresh cannot change the user of a session, however its response names the user (RFC 6749 §6)', () => {
  test.each<[string, SessionInput, SessionInput, string | null]>([
    [
      'the app said the tenant, too, and the access token says the person alone',
      { accessToken: jwtOf({ sub: 'alice' }), subject: 'acme:alice' },
      { accessToken: jwtOf({ sub: 'alice', n: 2 }) },
      'acme:alice',
    ],
    [
      'the ID token says a user id, the access token a login name',
      { accessToken: jwtOf({ sub: 'alice@acme.test' }), idToken: jwtOf({ sub: '00u1' }) },
      { accessToken: jwtOf({ sub: 'alice@acme.test', n: 2 }) },
      '00u1',
    ],
    [
      'an ID token came at the login only, and the access token is a JWT from the refresh on',
      { accessToken: 'opaque', idToken: jwtOf({ sub: '00u1' }) },
      { accessToken: jwtOf({ sub: 'alice@acme.test' }) },
      '00u1',
    ],
    [
      'the app said who it is, and only the answer has an ID token',
      { accessToken: 'opaque', subject: 'alice' },
      { accessToken: 'opaque-2', idToken: jwtOf({ sub: '00u1' }) },
      'alice',
    ],
    [
      'the login name in the access token was changed, the ID token is of the same person',
      { accessToken: jwtOf({ sub: 'alice@old.test' }), idToken: jwtOf({ sub: '00u1' }) },
      { accessToken: jwtOf({ sub: 'alice@new.test' }), idToken: jwtOf({ sub: '00u1' }) },
      '00u1',
    ],
    [
      'the answer says a number where the login said text',
      { accessToken: 'opaque', subject: '42' },
      { accessToken: 'opaque-2', subject: 42 },
      '42',
    ],
    [
      'the answer names its issuer, and the login did not',
      { accessToken: jwtOf({ sub: '1' }) },
      { accessToken: jwtOf({ sub: '1', iss: issuer }) },
      '1',
    ],
    [
      'ID tokens and access tokens come from different issuers',
      { accessToken: jwtOf({ sub: 'a', iss: other }), idToken: jwtOf({ sub: 'b', iss: issuer }) },
      { accessToken: jwtOf({ sub: 'a', iss: other }), idToken: jwtOf({ sub: 'b', iss: issuer }) },
      'b',
    ],
    ['nobody said who it is', { accessToken: 'opaque' }, { accessToken: 'opaque-2' }, null],
  ])('%s', async (_name, login, answer, expected) => {
    const { status, subject, ended, outcome } = await refreshed(login, answer)
    expect(outcome).not.toBeInstanceOf(Error)
    expect({ status, subject, ended }).toEqual({ status: 'signed-in', subject: expected, ended: [] })
  })
})

describe('another person’s tokens end the session (promise 12)', () => {
  test.each<[string, SessionInput, SessionInput]>([
    ['by what the app says', { accessToken: 'a', subject: 'alice' }, { accessToken: 'b', subject: 'bob' }],
    ['by numbers that the app says', { accessToken: 'a', subject: 1 }, { accessToken: 'b', subject: 2 }],
    ['by the access token', { accessToken: jwtOf({ sub: 'alice' }) }, { accessToken: jwtOf({ sub: 'bob' }) }],
    ['by numbers in the access token', { accessToken: jwtOf({ sub: 1 }) }, { accessToken: jwtOf({ sub: 2 }) }],
    [
      'by the ID token',
      { accessToken: 'a', idToken: jwtOf({ sub: 'alice' }) },
      { accessToken: 'b', idToken: jwtOf({ sub: 'bob' }) },
    ],
    [
      'by the access token, where the app has said who it is at the login only',
      { accessToken: jwtOf({ sub: 'alice' }), subject: 'acme:alice' },
      { accessToken: jwtOf({ sub: 'bob' }) },
    ],
    [
      'by what the app says, where only the ID token did so before',
      { accessToken: 'a', idToken: jwtOf({ sub: 'alice' }) },
      { accessToken: 'b', subject: 'bob' },
    ],
    [
      'by the issuer, though the subject is the same',
      { accessToken: jwtOf({ sub: '1', iss: issuer }) },
      { accessToken: jwtOf({ sub: '1', iss: other }) },
    ],
    [
      'by the issuer, though the app says the same subject',
      { accessToken: jwtOf({ sub: '1', iss: issuer }), subject: '1' },
      { accessToken: jwtOf({ sub: '1', iss: other }), subject: '1' },
    ],
  ])('%s', async (_name, login, answer) => {
    const { status, ended, outcome, sends } = await refreshed(login, answer)
    expect(outcome).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect([status, ended, sends]).toEqual(['signed-out', ['replaced'], []])
  })

  test('a numeric subject is recognised through any number of refreshes', async () => {
    const stage = await refreshed({ accessToken: jwtOf({ sub: 1 }) }, { accessToken: 'opaque' })
    stage.refresh(async () => ({ accessToken: jwtOf({ sub: 1, n: 3 }) }))
    await stage.client.session.refresh()
    stage.refresh(async () => ({ accessToken: jwtOf({ sub: 2 }) }))
    await expect(stage.client.session.refresh()).rejects.toMatchObject({ reason: 'replaced' })
  })
})

test('a `sub` of any other type is rejected with its name, and the current token stays', async () => {
  const { status, outcome } = await refreshed(
    { accessToken: jwtOf({ sub: 'alice' }) },
    { accessToken: jwtOf({ sub: {} }) },
  )
  expect(outcome).toMatchObject({ code: 'refresh-unavailable', reason: 'unreadable-response' })
  expect(String(outcome)).toContain('`sub`')
  expect(status).toBe('signed-in')
})

test('claims come from the ID token while there is one', async () => {
  const { claims } = await refreshed(
    { accessToken: jwtOf({ sub: 'x' }), idToken: jwtOf({ sub: '00u1', name: 'Alice' }) },
    { accessToken: jwtOf({ sub: 'x', n: 2 }) },
  )
  expect(claims).toEqual({ sub: '00u1', name: 'Alice' })
})

describe('a sign-in continues the session of the same person only', () => {
  const inherited = async (first: SessionInput, second: SessionInput) => {
    const { client } = createStage()
    await client.session.signIn(first)
    const { epoch } = client.session.getSnapshot()
    await client.session.signIn(second)
    return client.session.getSnapshot().epoch === epoch
  }
  test.each<[string, boolean, SessionInput, SessionInput]>([
    ['what the app says', true, { accessToken: 'a', subject: 'alice' }, { accessToken: 'b', subject: 'alice' }],
    [
      'the access token',
      true,
      { accessToken: jwtOf({ sub: '1', iss: issuer }) },
      { accessToken: jwtOf({ sub: '1', iss: issuer, n: 2 }) },
    ],
    [
      'another issuer',
      false,
      { accessToken: jwtOf({ sub: '1', iss: issuer }) },
      { accessToken: jwtOf({ sub: '1', iss: other }) },
    ],
    [
      'another issuer, in another token',
      false,
      { accessToken: jwtOf({ sub: '1', iss: issuer }), subject: '1' },
      { accessToken: 'b', idToken: jwtOf({ sub: '1', iss: other }), subject: '1' },
    ],
    ['different sources', false, { accessToken: 'a', subject: '1' }, { accessToken: jwtOf({ sub: '1' }) }],
    ['nobody', false, { accessToken: 'a' }, { accessToken: 'b' }],
  ])('by %s: %s', async (_name, expected, first, second) => {
    expect(await inherited(first, second)).toBe(expected)
  })
})

test('the token of another audience may have another subject for the same user (OpenID Connect Core §8.1)', async () => {
  const strategy = { audienceOf: (origin: string) => (origin === 'https://files.test' ? 'files' : undefined) }
  const stage = createStage({ strategy, trustedOrigins: ['https://files.test'] })
  await stage.client.session.signIn({ accessToken: jwtOf({ sub: 'alice', iss: issuer }), refreshToken: 'refresh-1' })
  stage.answer(() => new Response('fine'))
  stage.refresh(async () => ({ accessToken: jwtOf({ sub: 'pairwise', iss: other }), refreshToken: 'refresh-2' }))
  expect((await stage.client.fetch('https://files.test/a')).status).toBe(200)
  expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice', epoch: 1 })
})

describe('signIn names an expiry that it cannot read', () => {
  test.each(['expiresIn', 'expiresAt'])('%s is rejected with its name', async name => {
    const { client } = createStage()
    const signedIn = client.session.signIn({ accessToken: 'a', [name]: 3600 })
    await expect(signedIn).rejects.toMatchObject({ code: 'configuration', option: name })
    await expect(signedIn).rejects.toThrow(/expiresInSeconds/)
    expect(client.session.getSnapshot().epoch).toBe(0)
  })

  test('does no harm beside one that it can read', async () => {
    const { client } = createStage()
    await client.session.signIn({ accessToken: 'a', expiresIn: 5, expiresInSeconds: 60 } as SessionInput)
    await client.session.signIn({ access_token: 'b', expires_in: 60, expires_at: 7, expiresAt: 7 } as SessionInput)
    expect(await client.session.getAccessToken()).toBe('b')
  })
})
