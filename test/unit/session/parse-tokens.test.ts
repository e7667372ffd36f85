import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { continueFrom, readCredentials } from '../../../src/session/parse-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { credentialsOf } from '../../support/session-records.ts'

const clock = createControlledClock()
const sent = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }
const read = (input: unknown, former: ReturnType<typeof credentialsOf> | null = null) => {
  const fresh = readCredentials(input, sent, clock)
  return fresh && continueFrom(fresh, former)
}

const jwtOf = (claims: unknown) =>
  ['{"alg":"none"}', JSON.stringify(claims), ''].map(part => Buffer.from(part).toString('base64url')).join('.')

const said = (subject: string | null, issuer: string | null = null) => ({ issuer, subject })

describe('credentials, as an app passes them,', () => {
  const ours = {
    accessToken: 'access',
    refreshToken: 'refresh',
    expiresInSeconds: 300,
    sessionExpiresInSeconds: 3600,
    tokenType: 'Bearer',
    scope: 'read',
    subject: 'alice',
  }
  const expected = {
    accessToken: 'access',
    refreshToken: 'refresh',
    idToken: null,
    tokenType: 'Bearer',
    scope: 'read',
    subject: 'alice',
    statedBy: { app: said('alice'), idToken: said(null), accessToken: said(null) },
    claims: null,
    lifetimeMs: 300_000,
    sessionLifetimeMs: 3_600_000,
    sentAt: sent.wallMs,
  }
  const wire = {
    access_token: 'access',
    refresh_token: 'refresh',
    expires_in: 300,
    token_type: 'Bearer',
    scope: 'read',
    subject: 'alice',
  }

  test('in this library’s names', () => {
    expect(read(ours)).toEqual(expected)
  })

  test.each(['refresh_expires_in', 'refresh_token_expires_in'])('as a token endpoint returns them, with %s', name => {
    expect(read({ ...wire, [name]: 3600 })).toEqual(expected)
  })

  test('each in whichever spelling it comes', () => {
    expect(read({ access_token: 'access', refreshToken: 'refresh', expires_in: '300' })).toMatchObject({
      accessToken: 'access',
      refreshToken: 'refresh',
      lifetimeMs: 300_000,
    })
  })

  test('in both spellings: this library’s counts', () => {
    expect(read({ accessToken: 'ours', access_token: 'theirs' })?.accessToken).toBe('ours')
  })

  test('an undefined or null in one spelling does not hide the other', () => {
    const both = { ...wire, accessToken: undefined, refreshToken: null, expiresInSeconds: null, tokenType: undefined }
    expect(read(both)).toMatchObject({ accessToken: 'access', refreshToken: 'refresh', lifetimeMs: 300_000 })
  })

  test('RF-06: unknown members are ignored', () => {
    expect(read({ ...ours, 'not-before-policy': 0, session_state: 'x', __proto__: { accessToken: 'no' } })).toEqual(
      expected,
    )
  })

  test('members whose unit is ambiguous are not read', () => {
    expect(read({ accessToken: 'access', expiresIn: 300, expiresAt: 1, expires_at: 1 })?.lifetimeMs).toBeNull()
  })

  test.each([undefined, null, true, 7, 'access', [], {}, { token: 'access' }, { jwt: 'access' }, ['access']])(
    'RF-04: %j is no credential',
    input => {
      expect(read(input)).toBeNull()
    },
  )

  test.each(['', null, undefined, 7, {}, ['access'], true])('RF-04: an access token that is %j is rejected', token => {
    expect(read({ accessToken: token })).toBeNull()
    expect(read({ access_token: token, refresh_token: 'refresh' })).toBeNull()
  })

  test('RF-05: an error with status 200 is no credential', () => {
    expect(read({ error: 'bad_refresh_token', error_description: 'x' })).toBeNull()
  })

  test.each(['', 7, {}, ['refresh'], false])('a refresh token that is %j counts as left out', token => {
    expect(read({ accessToken: 'access', refreshToken: token }, credentialsOf())?.refreshToken).toBe('refresh-1')
  })
})

describe('cookie sessions', () => {
  test('are spelled out, and have no token and no age', () => {
    expect(read({ cookie: true, subject: 'alice', claims: { name: 'Alice' }, expiresInSeconds: 5 })).toMatchObject({
      accessToken: null,
      refreshToken: null,
      subject: 'alice',
      claims: { name: 'Alice' },
      lifetimeMs: null,
    })
  })

  test.each([false, 1, 'true', {}, null])('cookie: %j is none, so that a mapping mistake is no session', cookie => {
    expect(read({ cookie, subject: 'alice' })).toBeNull()
  })

  test('name their user by the sub of their claims, too', () => {
    expect(read({ cookie: true, claims: { sub: 'alice' } })?.subject).toBe('alice')
  })
})

describe('the user of a session', () => {
  const [idToken, accessToken] = [jwtOf({ sub: 'of-id-token' }), jwtOf({ sub: 'of-access-token' })]
  test.each([
    ['what the app says', { accessToken, idToken, subject: 'told' }, 'told'],
    ['the sub of the ID token', { accessToken, id_token: idToken }, 'of-id-token'],
    ['the sub of a JWT access token', { accessToken }, 'of-access-token'],
    ['nobody known', { accessToken: 'opaque' }, null],
    ['a number, as text', { accessToken: jwtOf({ sub: 7 }) }, '7'],
    ['a number that the app says, as text', { accessToken: 'opaque', subject: 42 }, '42'],
    ['zero, which is a number too', { accessToken: 'opaque', subject: 0 }, '0'],
    ['what the app says, whatever the sub of a token is', { accessToken: jwtOf({ sub: {} }), subject: 'told' }, 'told'],
    ['nobody, for an empty subject', { accessToken: 'opaque', subject: '' }, null],
  ])('%s', (_name, input, subject) => {
    expect(read(input)?.subject).toBe(subject)
  })

  test.each([true, {}, ['alice'], 2 ** 53, Number.NaN])('a subject that is %j is rejected by name', subject => {
    expect(() => read({ accessToken: 'opaque', subject })).toThrow(/`subject`/)
    expect(() => read({ cookie: true, subject })).toThrow(/`subject`/)
  })

  test.each([true, {}, ['alice'], 2 ** 53])(
    'a sub that is %j is rejected by name, unless the app names the user',
    sub => {
      expect(() => read({ accessToken: jwtOf({ sub }) })).toThrow(/`sub`/)
      expect(() => read({ accessToken: 'opaque', idToken: jwtOf({ sub }) })).toThrow(/`sub`/)
      expect(() => read({ cookie: true, claims: { sub } })).toThrow(/`sub`/)
      const told = read({ accessToken: 'opaque', subject: 'told' })
      expect(read({ accessToken: jwtOf({ sub }) }, told)?.subject).toBe('told')
    },
  )

  test('claims are those of the ID token, or else of the access token', () => {
    expect(read({ accessToken, idToken })?.claims).toEqual({ sub: 'of-id-token' })
    expect(read({ accessToken })?.claims).toEqual({ sub: 'of-access-token' })
  })

  test('an ID token that cannot be read is kept as a hint, and the access token names the user', () => {
    expect(read({ accessToken, idToken: 'opaque' })).toMatchObject({ idToken: 'opaque', subject: 'of-access-token' })
  })
})

describe('what a refresh leaves out stays as it was', () => {
  const former = credentialsOf({ idToken: 'id', scope: 'read', claims: { sub: 'alice' }, lifetimeMs: 60_000 })

  test('RF-07: refresh token, scope, ID token, subject and claims', () => {
    expect(read({ access_token: 'newer' }, former)).toEqual({
      ...former,
      statedBy: { app: said(null), idToken: said(null), accessToken: said(null) },
      accessToken: 'newer',
      lifetimeMs: null,
      sentAt: sent.wallMs,
    })
  })

  test('RF-07: a new refresh token replaces the old one', () => {
    expect(read({ access_token: 'newer', refresh_token: 'rotated' }, former)?.refreshToken).toBe('rotated')
  })

  test('the ID token’s subject and claims stay while that token is held, whatever the access token says', () => {
    const idToken = jwtOf({ sub: '00u1', name: 'Alice' })
    const login = read({ access_token: jwtOf({ sub: 'alice@acme.test' }), id_token: idToken })
    const renewed = read({ access_token: jwtOf({ sub: 'alice@acme.test', n: 2 }) }, login)
    expect(renewed).toMatchObject({ subject: '00u1', claims: { name: 'Alice' }, idToken })
    const newer = read({ access_token: 'opaque', id_token: jwtOf({ sub: '00u1', name: 'Alicia' }) }, renewed)
    expect(newer?.claims).toMatchObject({ name: 'Alicia' })
  })

  test('claims of a JWT access token are renewed with it', () => {
    const login = read({ access_token: jwtOf({ sub: 'alice', roles: 1 }) })
    expect(read({ access_token: jwtOf({ sub: 'alice', roles: 2 }) }, login)?.claims).toMatchObject({ roles: 2 })
  })

  test('claims of a JWT access token are renewed also beside an ID token that cannot be read', () => {
    const login = read({ access_token: jwtOf({ sub: 'alice', roles: 1 }), id_token: 'opaque' })
    expect(read({ access_token: jwtOf({ sub: 'alice', roles: 2 }) }, login)?.claims).toMatchObject({ roles: 2 })
  })

  test('TM-05: the age is not carried over: it is the new token’s own', () => {
    expect(read({ access_token: 'newer' }, former)?.lifetimeMs).toBeNull()
  })

  test('RF-19: how long the session lasts is not assumed to begin anew', () => {
    expect(read({ access_token: 'newer' }, { ...former, sessionLifetimeMs: 900_000 })?.sessionLifetimeMs).toBeNull()
  })

  test('nothing is carried over without a former session', () => {
    expect(read({ access_token: 'newer' })).toMatchObject({ refreshToken: null, scope: null, subject: null })
  })
})

describe('a lifetime that is none', () => {
  // A page is warned once: each test has the module anew.
  const readAnew = async (input: object) => {
    vi.resetModules()
    const { readCredentials: readFirst } = await import('../../../src/session/parse-tokens.ts')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const lifetimeMs = readFirst({ access_token: 'access', ...input }, sent, clock)?.lifetimeMs
    return { lifetimeMs, warnings: warn.mock.calls.length }
  }

  test.each([0, 3.2e8, 1_767_225_600, 'soon'])('`expires_in: %j` is ignored, with a warning', async expires_in => {
    expect(await readAnew({ expires_in })).toEqual({ lifetimeMs: null, warnings: 1 })
  })

  test.each([
    [undefined, null],
    [null, null],
    [3.2e8 - 1, 3.2e11 - 1000],
  ])('`expires_in: %j` causes no warning', async (expires_in, lifetimeMs) => {
    expect(await readAnew({ expires_in })).toEqual({ lifetimeMs, warnings: 0 })
  })
})

const odd = fc.oneof(
  fc.constantFrom(undefined, null, '', Number.NaN, Number.POSITIVE_INFINITY, -1, 0, '3600', '1e400', 1e308, ' ', []),
  fc.anything(),
)
const names = [
  ...['accessToken', 'access_token', 'refreshToken', 'refresh_token', 'expiresInSeconds', 'expires_in'],
  ...['sessionExpiresInSeconds', 'refresh_expires_in', 'scope', 'tokenType', 'idToken', 'subject', 'cookie'],
]

test('TM-06: any value is read, or rejected with the name `subject`, and the result has the declared types', () => {
  const inputs = fc.dictionary(fc.constantFrom(...names), odd)
  fc.assert(
    fc.property(inputs, fc.option(fc.constant(credentialsOf())), (input, former) => {
      let credentials: ReturnType<typeof read> = null
      try {
        credentials = read(input, former)
      } catch (error) {
        expect(error).toMatchObject({ code: 'configuration', option: 'subject' })
        expect(['string', 'undefined']).not.toContain(typeof input['subject'])
      }
      if (!credentials) return
      for (const name of ['accessToken', 'refreshToken', 'idToken', 'tokenType', 'scope', 'subject'] as const) {
        expect(credentials[name] === null || (typeof credentials[name] === 'string' && credentials[name] !== '')).toBe(
          true,
        )
      }
      for (const name of ['lifetimeMs', 'sessionLifetimeMs'] as const) {
        expect(
          credentials[name] === null || (Number.isFinite(credentials[name]) && Number(credentials[name]) > 0),
        ).toBe(true)
      }
      expect(credentials.claims === null || typeof credentials.claims === 'object').toBe(true)
    }),
    { numRuns: 2000 },
  )
})
