import { aFlag, aText, checkOptions, isOptions, isText, isUrl, type OptionRules } from '../../checks/option-rules.ts'
import { check, factory, warnInsecure, warnOnce } from '../../errors.ts'
import { originProblem } from '../../http/trusted-origins.ts'
import type { TokenResponse } from '../../session/parse-tokens.ts'
import type { Post, WatchingStrategy } from '../strategy.ts'

/** The options of `oauthRefresh`. */
export interface OAuthRefreshOptions {
  /**
   * An absolute URL: `https`, or a loopback host. Find it in the server's `/.well-known/openid-configuration`; nothing is
   * discovered at run time.
   * @example tokenEndpoint: 'https://id.example.com/oauth/token'
   */
  readonly tokenEndpoint: string | URL
  /** The id under which this app is registered, as a public client. */
  readonly clientId: string
  /** Space-separated. Rarely needed: requests fewer scopes than were granted. @default left out */
  readonly scope?: string | undefined
  /**
   * The API that the token is for. A map gives each trusted origin a token of its own; other origins use the session's own token.
   * @default left out
   * @see RFC 8707
   * @example resource: { 'https://files.example.com': 'urn:files' }
   */
  readonly resource?: string | Readonly<Record<string, string>> | undefined
  /**
   * More form parameters of the token request, such as Auth0's `audience`.
   * @example parameters: { audience: 'https://api.example.com' }
   */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /**
   * Called by `signOut()` to revoke the refresh token, else the access token.
   * @default undefined: the sign-out is local
   * @see RFC 7009
   */
  readonly revocationEndpoint?: string | URL | undefined
  /** For development on a LAN: the endpoints may use plain `http`. The client has the same option. @default false */
  readonly allowInsecureRequests?: boolean | undefined
  /** Not an option: a secret in a browser is not secret (RFC 10017 §6.3.3.1). Register the app as a public client. */
  readonly clientSecret?: never
  readonly client_secret?: never
}

type OwnOptions = Omit<OAuthRefreshOptions, 'clientSecret' | 'client_secret'>

const rules: OptionRules<OwnOptions> = {
  tokenEndpoint: [isUrl, 'an absolute https URL', 'required'],
  clientId: [isText, 'the id under which this app is registered', 'required'],
  scope: aText,
  resource: [
    value => isText(value) || isOptions(value),
    "a URI, or a map: `{ 'https://files.example.com': 'urn:files' }`",
  ],
  parameters: [isOptions, "an object: `{ audience: 'https://api.example.com' }`"],
  revocationEndpoint: [isUrl, 'an absolute https URL'],
  allowInsecureRequests: aFlag,
}

const own = ['grant_type', 'refresh_token', 'client_id', 'client_secret']

function checkEndpoint(endpoint: unknown, option: string, insecure: boolean): void {
  let problem: string | null = 'write an absolute https URL'
  try {
    problem = originProblem(new URL(endpoint as string).origin, insecure)
  } catch {
    // Not a URL: `problem` says so already.
  }
  if (problem) check(false, option, problem)
}

/** The audiences by origin. */
function readAudiences(resource: object, insecure: boolean): ReadonlyMap<string, string> {
  const audiences = new Map<string, string>()
  for (const [origin, name] of Object.entries(resource)) {
    const problem = originProblem(origin, insecure)
    if (problem) check(false, `resource['${origin}']`, problem)
    check(typeof name === 'string' && name !== '', `resource['${origin}']`, 'write the name of one resource')
    audiences.set(new URL(origin).origin, name)
  }
  return audiences
}

const noRefreshToken =
  '`signIn` was given no refresh token (`refreshToken` or `refresh_token`), so the session lasts as long as its access token. Many servers issue one for the scope `offline_access`.'

/** Warns of a login without a refresh token. One that continues the session keeps the former. */
const watchSession: WatchingStrategy['watchSession'] = session => credentials => {
  if (credentials.accessToken && !credentials.refreshToken && !session.state.credentials?.refreshToken)
    warnOnce(noRefreshToken)
  return credentials
}

/**
 * A strategy for `refresh`: the refresh token grant of OAuth 2.0 for public clients, with rotation. A refresh token in the
 * response replaces the one that was sent.
 *
 * @throws ConfigurationError for an endpoint that is neither https nor loopback, a missing client id, or a client secret
 * @see RFC 6749 §6, RFC 9700 §4.14
 *
 * @example
 * createClient({ refresh: oauthRefresh({ tokenEndpoint: 'https://id.example.com/token', clientId: 'spa' }) })
 */
export const oauthRefresh = /* @__PURE__ */ factory(
  'oauthRefresh',
  (options: OAuthRefreshOptions): WatchingStrategy => {
    const { clientId, scope, resource, parameters = {}, allowInsecureRequests: insecure = false } = options ?? {}
    const { tokenEndpoint, revocationEndpoint } = options ?? {}
    for (const name of ['clientSecret', 'client_secret']) {
      check(
        !(name in Object(options)),
        name,
        'a secret in a browser is not secret; register the app as a public client',
      )
    }
    checkOptions<OwnOptions>(options, rules)
    checkEndpoint(tokenEndpoint, 'tokenEndpoint', insecure)
    if (revocationEndpoint !== undefined) checkEndpoint(revocationEndpoint, 'revocationEndpoint', insecure)
    if (insecure) warnInsecure()
    for (const name of own) check(!(name in parameters), `parameters.${name}`, 'is set by oauthRefresh itself')

    const audiences = typeof resource === 'object' ? readAudiences(resource, insecure) : undefined

    // As text: a URL object may be changed by its owner.
    const endpoint = new URL(tokenEndpoint).href
    const revocation = revocationEndpoint && new URL(revocationEndpoint).href
    const form = (fields: Readonly<Record<string, string | undefined>>) => {
      const defined = Object.entries({ ...fields, client_id: clientId }).filter(([, value]) => value !== undefined)
      return new URLSearchParams(defined as [string, string][])
    }
    const call = <Answer>(post: Post, url: string, fields: Readonly<Record<string, string | undefined>>) =>
      post<Answer>(url, form(fields), { credentials: 'omit' })

    return {
      id: `${endpoint} ${clientId}`,
      endpoint,
      needsRefreshToken: true,
      watchSession,
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
          scope: scope ?? parameters['scope'],
          resource: (audiences ? audience : (resource as string | undefined)) ?? parameters['resource'],
        }
        const answer = await call<TokenResponse>(post, endpoint, { ...parameters, ...grant })
        // RFC 6749 §5.1: required. It says how to send the token.
        check(typeof answer?.token_type === 'string', null, 'the response has no token_type')
        return answer
      },
      ...(revocation && {
        revoke({ refreshToken, accessToken, post }) {
          const [token, token_type_hint] = refreshToken
            ? [refreshToken, 'refresh_token']
            : [accessToken, 'access_token']
          return token === undefined ? undefined : call(post, revocation, { token, token_type_hint })
        },
      }),
    }
  },
)
