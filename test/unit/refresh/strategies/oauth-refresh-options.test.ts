import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { factoryName } from '../../../../src/errors.ts'
import { oauthRefresh } from '../../../../src/refresh/strategies/oauth-refresh.ts'
import type { Post } from '../../../../src/refresh/strategy.ts'
import { credentialsOf } from '../../../support/session-records.ts'
import { createSessionRig } from '../../../support/session-rig.ts'

const base = { tokenEndpoint: 'https://id.test/token', clientId: 'spa' }
let warn: MockInstance<typeof console.warn>
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => warn.mockRestore())

const thrownBy = (options: object) => {
  try {
    oauthRefresh(options as never)
  } catch (error) {
    return error as { readonly option: string; readonly message: string }
  }
  return expect.unreachable()
}

describe('a wrong option of oauthRefresh is named, and the message says what to write', () => {
  test.each<[object, string, string]>([
    [{ scope: ['read'] }, 'scope', 'a string'],
    [{ resource: 7 }, 'resource', 'a URI, or a map'],
    [{ resource: ['urn:files'] }, 'resource', 'a URI, or a map'],
    [{ parameters: 'audience=x' }, 'parameters', 'an object'],
    [{ revocationEndpoint: 7 }, 'revocationEndpoint', 'an absolute https URL'],
    [{ tokenEndpoint: '' }, 'tokenEndpoint', 'an absolute https URL'],
    [{ tokenEndpoint: undefined }, 'tokenEndpoint', 'an absolute https URL'],
    [{ tokenEndpoint: 'http://id.test' }, 'tokenEndpoint', 'use https'],
    [{ clientId: undefined }, 'clientId', 'the id under which this app is registered'],
    [{ allowInsecureRequests: 'yes' }, 'allowInsecureRequests', 'true or false'],
    [{ resource: { 'http://files.test': 'urn:files' } }, "resource['http://files.test']", 'use https'],
    [{ clientSecret: undefined }, 'clientSecret', 'a secret in a browser is not secret'],
    [{ client_secret: undefined }, 'client_secret', 'a secret in a browser is not secret'],
  ])('%o', (more, option, message) => {
    expect(thrownBy({ ...base, ...more })).toMatchObject({ option, message: expect.stringContaining(message) })
  })

  test('also if there are no options at all', () => {
    for (const options of [undefined, null])
      expect(thrownBy(options as never)).toMatchObject({ option: 'tokenEndpoint' })
  })

  test('and where the function itself is given, which was not called', () => {
    expect(factoryName(oauthRefresh)).toBe('oauthRefresh')
  })
})

describe('plain http', () => {
  const lan = { tokenEndpoint: 'http://10.0.0.7/token', revocationEndpoint: 'http://10.0.0.7/revoke', clientId: 'spa' }

  test('is allowed for development, of which the console warns', () => {
    oauthRefresh({ ...lan, resource: { 'http://10.0.0.8': 'urn:files' }, allowInsecureRequests: true })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('for development only')]])
  })

  test('is not allowed otherwise, and nothing is warned of', () => {
    expect(thrownBy({ ...lan, allowInsecureRequests: false }).option).toBe('tokenEndpoint')
    expect(thrownBy({ ...lan, tokenEndpoint: base.tokenEndpoint }).option).toBe('revocationEndpoint')
    oauthRefresh(base)
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('the resource of oauthRefresh', () => {
  const sentWith = async (resource: object | string | undefined, audience?: string) => {
    const forms: URLSearchParams[] = []
    const post = (async (_url: unknown, form: URLSearchParams) => {
      forms.push(form)
      return { access_token: 'a', token_type: 'Bearer' }
    }) as unknown as Post
    const strategy = oauthRefresh({ ...base, resource } as never)
    await strategy.refresh({
      refreshToken: 'r',
      post,
      signal: new AbortController().signal,
      cause: 'expired',
      audience,
    })
    return forms[0]?.get('resource')
  }
  const map = { 'https://files.test': 'urn:files', 'https://MAPS.test:443': 'urn:maps' }

  test('is sent if it is one for all', async () => {
    expect(await sentWith('urn:api')).toBe('urn:api')
    expect(await sentWith(undefined)).toBeNull()
  })

  test('of a map is the one that is needed, and none for the session’s own token', async () => {
    expect(await sentWith(map, 'urn:files')).toBe('urn:files')
    expect(await sentWith(map)).toBeNull()
  })

  test('of a map is found by the origin, as browsers write it', () => {
    const { audienceOf } = oauthRefresh({ ...base, resource: { 'https://files.test': 'urn:files' } })
    expect(['https://files.test', 'https://maps.test'].map(origin => audienceOf?.(origin))).toEqual([
      'urn:files',
      undefined,
    ])
  })

  test.each([undefined, 'urn:api'])('has no audiences if it is %s', resource => {
    expect(oauthRefresh({ ...base, resource })).not.toHaveProperty('audienceOf')
  })
})

describe('what a client knows of oauthRefresh', () => {
  test('its endpoint, and that it needs a refresh token', () => {
    expect(oauthRefresh(base)).toMatchObject({
      id: 'https://id.test/token spa',
      endpoint: base.tokenEndpoint,
      needsRefreshToken: true,
    })
  })

  test('a response without a token type is a mistake of the server, whatever it is', async () => {
    for (const answer of [{ access_token: 'a' }, null, undefined]) {
      const refreshed = oauthRefresh(base).refresh({
        refreshToken: 'r',
        post: (async () => answer) as never,
        signal: new AbortController().signal,
        cause: 'expired',
      })
      await expect(refreshed).rejects.toMatchObject({ code: 'configuration', option: null })
    }
  })
})

describe('a login without a refresh token', () => {
  const [withOne, without] = [credentialsOf(), credentialsOf({ refreshToken: null })]

  /** How often the console is warned of a login, on a page that was not warned before. */
  const warningsOf = async (login: typeof withOne, held?: { readonly refreshToken?: string }) => {
    vi.resetModules()
    const fresh = await import('../../../../src/refresh/strategies/oauth-refresh.ts')
    const { session } = createSessionRig()
    if (held) await session.signIn({ accessToken: 'a', ...held })
    const kept = fresh.oauthRefresh(base).watchSession?.(session)(login)
    expect(kept).toBe(login)
    return warn.mock.calls.length
  }

  test('is warned of if the session has none either', async () => {
    expect(await warningsOf(without)).toBe(1)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('no refresh token')]])
  })

  test('is warned of if the session that it continues has none', async () => {
    expect(await warningsOf(without, {})).toBe(1)
  })

  test('is not warned of if the session that it continues has one', async () => {
    expect(await warningsOf(without, { refreshToken: 'r' })).toBe(0)
  })

  test('is none if it brings one', async () => {
    expect(await warningsOf(withOne)).toBe(0)
  })
})
