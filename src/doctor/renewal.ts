import { hasReplacedCookie, mergeCookies, valuesIn } from './cookie-jar.ts'
import type { Network, Probe, ProbeResponse } from './network.ts'
import type { Prover } from './prover.ts'
import type { Redaction } from './redaction.ts'
import type { Settings } from './settings.ts'

/** What renews a session, and what it last brought. */
export interface Credential {
  /** A refresh token, or a `Cookie` value. */
  readonly secret: string
  readonly accessToken: string | null
}

export type Renewal =
  | {
      readonly kind: 'granted'
      readonly credential: Credential
      /** Whether the refresh token, or the cookie, is another one now. */
      readonly isReplaced: boolean
      readonly response: ProbeResponse
    }
  /** The server says that this credential is no longer valid. */
  | { readonly kind: 'refused'; readonly response: ProbeResponse }
  /** It says something else: it is busy or broken, or its response cannot be read. */
  | { readonly kind: 'unclear'; readonly response: ProbeResponse }

export interface RenewOptions {
  readonly note: string
  /** @default 'POST' */
  readonly method?: string
  /** Leaves the CSRF header of cookie mode out. */
  readonly withoutCsrfHeader?: boolean
}

export interface Renewer {
  /** Refreshes once with the credential. @throws NoResponseError */
  renew(credential: Credential, options: RenewOptions): Promise<Renewal>
  /** Signs the test account in; `null` if that brings no credential. @throws NoResponseError */
  logIn(json: string): Promise<{ readonly credential: Credential | null; readonly response: ProbeResponse }>
  /** How many refreshes were granted. */
  readonly granted: number
}

interface Parts {
  readonly settings: Settings
  readonly network: Network
  readonly prover: Prover | null
  readonly redaction: Redaction
}

const textIn = (json: unknown, ...names: readonly string[]): string | null => {
  const body = Object(json) as Readonly<Record<string, unknown>>
  const found = names.map(name => body[name]).find(value => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : null
}

/** Both spellings, as `signIn` takes them. */
export const accessTokenIn = (json: unknown): string | null => textIn(json, 'access_token', 'accessToken')
const refreshTokenIn = (json: unknown): string | null => textIn(json, 'refresh_token', 'refreshToken')
export const errorIn = (json: unknown): string | null => textIn(json, 'error')

/** RFC 6749 §5.2, and what JSON and cookie endpoints send in its place: the client's cookie strategies take a redirect, too. */
const isRefusal = (response: ProbeResponse, isCookie: boolean): boolean => {
  const { status, json, headers } = response
  if (isCookie && (isRedirect(response) || (isSuccess(response) && json === null))) return true
  const error = errorIn(json)
  if (error === 'invalid_grant' || error === 'bad_refresh_token') return status < 500
  if (status === 403) return !headers.get('content-type')?.includes('html')
  return status === 401
}

function probeOf({ settings }: Parts, secret: string, options: RenewOptions): Probe {
  const { renewal, clientId, parameters, csrfHeader, origin } = settings
  // Without an endpoint no renewer is made.
  const url = renewal?.endpoint ?? new URL('about:blank')
  const { note, method = 'POST', withoutCsrfHeader = false } = options
  const headers = { accept: 'application/json', ...(origin && { origin }) }
  if (renewal?.mode === 'cookie') {
    const csrf = withoutCsrfHeader ? {} : { [csrfHeader.name]: csrfHeader.value }
    return { note, url, method, headers: { ...headers, ...csrf, cookie: secret } }
  }
  if (renewal?.mode === 'json') {
    const body = JSON.stringify({ ...parameters, refreshToken: secret })
    return { note, url, method, headers: { ...headers, 'content-type': 'application/json' }, body }
  }
  const form = { grant_type: 'refresh_token', refresh_token: secret, ...(clientId && { client_id: clientId }) }
  return { note, url, method, headers, body: new URLSearchParams({ ...parameters, ...form }) }
}

const isSuccess = ({ status }: ProbeResponse) => status >= 200 && status < 300
const isRedirect = ({ status }: ProbeResponse) => status >= 300 && status < 400

/** A success whose body is neither empty nor JSON, which the client takes for a portal's page. */
export const isUnreadable = (response: ProbeResponse): boolean =>
  isSuccess(response) && response.json === undefined && response.text.trim() !== ''

/** Cookies are read from the headers, tokens from the body. */
function nextCredential(response: ProbeResponse, secret: string, isCookie: boolean): Credential | null {
  const accessToken = accessTokenIn(response.json)
  if (!isSuccess(response) || errorIn(response.json)) return null
  // As the client: `null` says that no user is signed in, and what is no JSON is an outage.
  if (isCookie && (response.json === null || isUnreadable(response))) return null
  if (isCookie) return { secret: mergeCookies(secret, response.headers), accessToken }
  return accessToken === null ? null : { secret: refreshTokenIn(response.json) ?? secret, accessToken }
}

export function createRenewer(parts: Parts): Renewer {
  const { settings, network, prover, redaction } = parts
  const isCookie = settings.renewal?.mode === 'cookie'
  let granted = 0

  const keep = (credential: Credential | null): Credential | null => {
    // The names of cookies are no secrets.
    const secrets = isCookie ? valuesIn(credential?.secret ?? '') : [credential?.secret]
    for (const secret of [...secrets, credential?.accessToken]) redaction.hide(secret)
    return credential
  }
  const send = (probe: Probe) => prover?.send(probe) ?? network.send(probe)

  return {
    get granted() {
      return granted
    },
    async renew({ secret }, options) {
      const response = await send(probeOf(parts, secret, options))
      const next = keep(nextCredential(response, secret, isCookie))
      if (next) {
        granted += 1
        const isReplaced = isCookie ? hasReplacedCookie(secret, next.secret) : next.secret !== secret
        return { kind: 'granted', credential: next, isReplaced, response }
      }
      return { kind: isRefusal(response, isCookie) ? 'refused' : 'unclear', response }
    },
    async logIn(json) {
      const url = settings.loginEndpoint ?? new URL('about:blank')
      const { name, value } = settings.csrfHeader
      const headers = {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(settings.origin && { origin: settings.origin }),
        ...(isCookie && { [name]: value }),
      }
      const response = await send({ note: 'to sign in', url, method: 'POST', headers, body: json })
      const refreshToken = refreshTokenIn(response.json)
      // A page gets the cookies of a form's login, too: a redirect to the app, or a page.
      const credential =
        isCookie && response.status < 400 && !errorIn(response.json)
          ? { secret: mergeCookies('', response.headers), accessToken: accessTokenIn(response.json) }
          : nextCredential(response, refreshToken ?? '', isCookie)
      return { credential: keep(credential?.secret ? credential : null), response }
    },
  }
}
