import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../../src/errors.ts'
import { type OAuthRefreshOptions, oauthRefresh } from '../../../../src/refresh/strategies/oauth-refresh.ts'
import type { Post, RefreshContext } from '../../../../src/refresh/strategy.ts'

const endpoint = 'https://id.test/token'
const base: OAuthRefreshOptions = { tokenEndpoint: endpoint, clientId: 'spa' }
const good = { access_token: 'a', token_type: 'Bearer' }

/** A context whose post answers so, and what it was given. */
const contextOf = (answer: unknown, more: Partial<RefreshContext> = {}) => {
  const posted: Parameters<Post>[] = []
  const post = (async (...given: Parameters<Post>) => {
    posted.push(given)
    return answer
  }) as Post
  const context: RefreshContext = {
    refreshToken: 'r',
    post,
    signal: new AbortController().signal,
    cause: 'rejected',
    ...more,
  }
  return { context, posted }
}
const formIn = (posted: readonly Parameters<Post>[]) => Object.fromEntries(posted[0]?.[1] as URLSearchParams)

const optionOf = (options: object): unknown => {
  try {
    oauthRefresh(options as OAuthRefreshOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).option
  }
  return expect.unreachable()
}

describe('oauthRefresh rejects at once', () => {
  test.each([
    ['an endpoint that is not https', 'http://id.test/token', false],
    ['no URL', 'token', false],
    ['nothing', undefined, false],
    ['a scheme of its own', 'capacitor://localhost/token', false],
    ['loopback', 'http://localhost:8080/token', true],
    ['loopback by number', 'http://127.0.0.1:8080/token', true],
    ['https', new URL('https://id.test/token?tenant=one'), true],
  ])('RF-16: as token and as revocation endpoint: %s', (_name, url, isGood) => {
    if (isGood) {
      oauthRefresh({ ...base, tokenEndpoint: url as string, revocationEndpoint: url as string })
      return
    }
    expect(optionOf({ ...base, tokenEndpoint: url })).toBe('tokenEndpoint')
    if (url !== undefined) expect(optionOf({ ...base, revocationEndpoint: url })).toBe('revocationEndpoint')
  })

  test.each([
    ['an origin with a path', { 'https://files.test/api': 'urn:files' }],
    ['no origin', { files: 'urn:files' }],
    ['a wildcard', { 'https://*.test': 'urn:files' }],
    ['an origin that is not https', { 'http://files.test': 'urn:files' }],
    ['an empty name', { 'https://files.test': '' }],
    ['a list of names', { 'https://files.test': ['urn:files'] }],
  ])('TX-11: a map of resources with %s, naming its entry', (_name, resource) => {
    expect(optionOf({ ...base, resource })).toBe(`resource['${Object.keys(resource)[0]}']`)
  })

  test.each([
    [{ clientSecret: 'secret' }, 'clientSecret'],
    [{ client_secret: 'secret' }, 'client_secret'],
    [{ parameters: { client_secret: 'secret' } }, 'parameters.client_secret'],
  ])('RF-02: a client secret: %o', (more, option) => {
    expect(optionOf({ ...base, ...more })).toBe(option)
  })

  test.each(['grant_type', 'refresh_token', 'client_id'])('a parameter that it sets itself: %s', name => {
    expect(optionOf({ ...base, parameters: { [name]: 'x' } })).toBe(`parameters.${name}`)
  })

  test.each([undefined, '', 42])('a client id that is none: %s', clientId => {
    expect(optionOf({ ...base, clientId })).toBe('clientId')
  })

  test('and its message holds no secret', () => {
    expect(() => oauthRefresh({ ...base, client_secret: 'tell-nobody' } as never)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('tell-nobody') }),
    )
  })
})

describe('the refresh of oauthRefresh', () => {
  test('RF-01: is a form with grant type, refresh token and client id, without credentials', async () => {
    const { context, posted } = contextOf(good)
    expect(await oauthRefresh(base).refresh(context)).toBe(good)
    expect(posted).toMatchObject([[endpoint, expect.any(URLSearchParams), { credentials: 'omit' }]])
    expect(formIn(posted)).toEqual({ grant_type: 'refresh_token', refresh_token: 'r', client_id: 'spa' })
  })

  test('RF-03: asks for no scope of itself', async () => {
    const { context, posted } = contextOf(good)
    await oauthRefresh({ ...base, scope: undefined, resource: undefined }).refresh(context)
    expect(Object.keys(formIn(posted))).not.toContain('scope')
  })

  test('parameters cannot displace what it sets', async () => {
    const { context, posted } = contextOf(good)
    await oauthRefresh({ ...base, scope: 'read', parameters: { audience: 'x', scope: 'everything' } }).refresh(context)
    expect(formIn(posted)).toMatchObject({ scope: 'read', audience: 'x' })
  })

  test('parameters may be the scope and the resource, where no option names them', async () => {
    const { context, posted } = contextOf(good)
    await oauthRefresh({ ...base, parameters: { scope: 'read', resource: 'urn:api' } }).refresh(context)
    expect(formIn(posted)).toMatchObject({ scope: 'read', resource: 'urn:api' })
  })

  test.each([[{ access_token: 'a' }], [{ access_token: 'a', token_type: 1 }], [{}], [null], [undefined], ['text']])(
    'RF-04: a response without a token type fails: %o',
    async answer => {
      const { context } = contextOf(answer)
      await expect(oauthRefresh(base).refresh(context)).rejects.toThrow('token_type')
    },
  )

  test('without a refresh token nothing is posted: the session is over', async () => {
    const { context, posted } = contextOf(good, { refreshToken: undefined })
    expect(await oauthRefresh(base).refresh(context)).toBeNull()
    expect(posted).toEqual([])
  })

  test('without a refresh token there is no token for another audience, which ends nothing', async () => {
    const { context, posted } = contextOf(good, { refreshToken: undefined, audience: 'files' })
    await expect(oauthRefresh(base).refresh(context)).rejects.toThrow('no refresh token')
    expect(posted).toEqual([])
  })
})

describe('revocation by oauthRefresh', () => {
  const revocationEndpoint = 'https://id.test/revoke'
  const tokens = { accessToken: 'a', refreshToken: 'r', idToken: undefined }

  test('is not sent unless there is an endpoint for it', () => {
    expect(oauthRefresh(base).revoke).toBeUndefined()
  })

  test.each([
    [tokens, { token: 'r', token_type_hint: 'refresh_token', client_id: 'spa' }],
    [
      { ...tokens, refreshToken: undefined },
      { token: 'a', token_type_hint: 'access_token', client_id: 'spa' },
    ],
  ])('%o', async (given, form) => {
    const { context, posted } = contextOf(undefined)
    await oauthRefresh({ ...base, revocationEndpoint }).revoke?.({ ...given, post: context.post })
    expect(posted[0]?.[0]).toBe(revocationEndpoint)
    expect(formIn(posted)).toEqual(form)
  })

  test('posts nothing where there is no token', async () => {
    const { context, posted } = contextOf(undefined)
    const nothing = { accessToken: undefined, refreshToken: undefined, idToken: undefined }
    await oauthRefresh({ ...base, revocationEndpoint }).revoke?.({ ...nothing, post: context.post })
    expect(posted).toEqual([])
  })
})

test('strategies of other servers or clients never share a session', () => {
  const ids = [base, { ...base, clientId: 'other' }, { ...base, tokenEndpoint: 'https://other.test/token' }].map(
    options => oauthRefresh(options).id,
  )
  expect(new Set(ids).size).toBe(3)
})
