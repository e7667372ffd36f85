import { check, factory, warnInsecure } from '../../errors.ts'
import { originProblem } from '../../http/trusted-origins.ts'
import type { TokenResponse } from '../../session/parse-tokens.ts'
import type { Post, RefreshStrategy } from '../strategy.ts'

export interface OAuthRefreshOptions {
  /** From the server's `/.well-known/openid-configuration`. Nothing is discovered at run time. `https`, or loopback. */
  readonly tokenEndpoint: string | URL
  readonly clientId: string
  /** Rarely needed: asks for less than was granted. @default left out */
  readonly scope?: string | undefined
  /** RFC 8707. A map gives each trusted origin its own token: `{ 'https://files.example.com': 'urn:files' }`; others take the session's own. */
  readonly resource?: string | Readonly<Record<string, string>> | undefined
  /** Further form parameters, such as Auth0's `audience`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** RFC 7009: told on `signOut()`. @default not told */
  readonly revocationEndpoint?: string | URL | undefined
  /** For development on a LAN: the endpoints may be plain `http`. The client has the same option. @default false */
  readonly allowInsecureRequests?: boolean | undefined
  /** A secret in a browser is none (RFC 10017 §6.3.3.1). */
  readonly clientSecret?: never
  readonly client_secret?: never
}

const own = ['grant_type', 'refresh_token', 'client_id', 'client_secret']

function checkEndpoint(endpoint: unknown, option: string, insecure: boolean): void {
  let problem: string | null = 'write an absolute https URL'
  try {
    problem = originProblem(new URL(endpoint as string).origin, insecure)
  } catch {
    // Not a URL: said so already.
  }
  check(problem === null, option, problem ?? '')
}

/** By origin. */
function readAudiences(resource: object, insecure: boolean): ReadonlyMap<string, string> {
  const audiences = new Map<string, string>()
  for (const [origin, name] of Object.entries(resource)) {
    const problem = originProblem(origin, insecure)
    check(problem === null, `resource['${origin}']`, problem ?? '')
    check(typeof name === 'string' && name !== '', `resource['${origin}']`, 'write the name of one resource')
    audiences.set(new URL(origin).origin, name)
  }
  return audiences
}

/**
 * RFC 6749 §6 for public clients, with rotation: the answer's refresh token replaces the one that was sent.
 *
 * @throws ConfigurationError for an endpoint that is neither https nor loopback, a missing client id, or a client secret
 *
 * @example
 * createClient({ refresh: oauthRefresh({ tokenEndpoint: 'https://id.example.com/token', clientId: 'spa' }) })
 */
export const oauthRefresh = /* @__PURE__ */ factory('oauthRefresh', (options: OAuthRefreshOptions): RefreshStrategy => {
  const {
    tokenEndpoint,
    clientId,
    scope,
    resource,
    parameters = {},
    revocationEndpoint,
    allowInsecureRequests: insecure = false,
  } = options ?? {}
  checkEndpoint(tokenEndpoint, 'tokenEndpoint', insecure)
  if (revocationEndpoint !== undefined) checkEndpoint(revocationEndpoint, 'revocationEndpoint', insecure)
  if (insecure) warnInsecure()
  check(typeof clientId === 'string' && clientId !== '', 'clientId', 'write the id under which this app is registered')
  for (const name of ['clientSecret', 'client_secret']) {
    check(!(name in options), name, 'a secret in a browser is none; register the app as a public client')
  }
  for (const name of own) check(!(name in parameters), `parameters.${name}`, 'is set by oauthRefresh itself')

  const audiences = typeof resource === 'object' ? readAudiences(resource, insecure) : undefined

  const form = (fields: Readonly<Record<string, string | undefined>>) => {
    const defined = Object.entries({ ...fields, client_id: clientId }).filter(([, value]) => value !== undefined)
    return new URLSearchParams(defined as [string, string][])
  }
  const call = <Answer>(post: Post, endpoint: string | URL, fields: Readonly<Record<string, string | undefined>>) =>
    post<Answer>(endpoint, form(fields), { credentials: 'omit' })

  return {
    id: `${new URL(tokenEndpoint)} ${clientId}`,
    endpoint: tokenEndpoint,
    needsRefreshToken: true,
    ...(audiences && { audienceOf: (origin: string) => audiences.get(origin) }),
    async refresh({ refreshToken, post, audience }) {
      if (refreshToken === undefined) {
        // Nothing to refresh; but the session's own token may still be good.
        if (audience !== undefined) throw new Error('there is no refresh token')
        return null
      }
      const grant = {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        scope,
        resource: audiences ? audience : (resource as string | undefined),
      }
      const answer = await call<TokenResponse>(post, tokenEndpoint, { ...parameters, ...grant })
      // RFC 6749 §5.1: required; without it nobody can tell how the token is to be sent.
      if (typeof answer?.token_type !== 'string') throw new Error('the answer has no token_type')
      return answer
    },
    ...(revocationEndpoint !== undefined && {
      revoke({ refreshToken, accessToken, post }) {
        const [token, token_type_hint] = refreshToken ? [refreshToken, 'refresh_token'] : [accessToken, 'access_token']
        return token === undefined ? undefined : call(post, revocationEndpoint, { token, token_type_hint })
      },
    }),
  }
})
