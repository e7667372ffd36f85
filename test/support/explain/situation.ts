import type { CauseCode } from '../../../src/explain/cause.ts'
import type { Engine } from '../browsers.ts'
import type { Answer, ReceivedRequest } from '../http-messages.ts'

/** Where a situation’s API is, seen from the page. */
export type Place =
  | 'same' // the origin of the page
  | 'cross' // another port of the page’s host
  | 'cross-site' // another host
  | 'staging' // a host that names its environment
  | 'dead' // nobody listens there

/** One call in the page. */
export interface PageCall {
  /** Behind the situation’s own folder. @default 'todos' */
  readonly path?: string
  /** @default 'ky', which asks for JSON */
  readonly by?: 'ky' | 'fetch'
  readonly init?: Readonly<Record<string, unknown>>
  /** Sends a body as a stream: as one of the app's own, or for ky's `onUploadProgress`. */
  readonly stream?: 'own' | 'progress'
  /** While it is under way: by another user’s tokens, or the end of the session. */
  readonly meanwhile?: 'sign-in' | 'sign-out'
}

/** What happens, and what `latchkey/explain` must say first. */
export interface Situation {
  readonly name: string
  readonly code: CauseCode
  /** Only this engine can do it. @default all */
  readonly only?: Engine
  /** What else it may be sure of, because it is true too. */
  readonly also?: readonly CauseCode[]
  /** @default 'cross' */
  readonly place?: Place
  /** @default true */
  readonly isTrusted?: boolean
  /** What `signIn` is given; `null`: nobody signs in. */
  readonly signIn: Readonly<Record<string, unknown>> | null
  /** Signs in with these after `before`. */
  readonly signInAgain?: Readonly<Record<string, unknown>>
  /** How the token is renewed: by `post` to the situation’s `refresh`, or by cookie. @default 'none' */
  readonly refresh?: 'none' | 'post' | 'oauth' | 'cookie-session' | 'cookie-refresh'
  readonly scheme?: 'dpop'
  readonly client?: Readonly<Record<string, unknown>>
  readonly before?: readonly PageCall[]
  readonly call?: PageCall
  /** How many explanations come; the last one counts. @default 1 */
  readonly reports?: number
  /** What the page may read. @default 'all' */
  readonly cors?: 'all' | 'not-headers' | 'not-errors' | 'nothing' | 'no-authorization' | 'no-credentials'
  /** Answers every request to the situation’s folder but preflights; `null`: the connection is cut. */
  readonly reply: (request: ReceivedRequest, server: SituationServer) => Answer | null
}

export interface SituationServer {
  /** Another origin that answers all with CORS. */
  readonly elsewhere: string
  /** How many requests of the situation came before. */
  readonly count: number
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** In seconds from now. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

let serial = 0

/** A JWT as authorization servers issue them; each is another one. Times are seconds from now. */
export function jwt(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  serial += 1
  const head = { alg: 'RS256', typ: 'at+jwt', kid: 'key-1', ...header }
  const body = {
    iss: 'https://id.example.com',
    sub: 'alice',
    jti: `jwt-${serial}`,
    iat: inSeconds(-5),
    exp: inSeconds(600),
    ...claims,
  }
  return `${encode(head)}.${encode(body)}.S3cr3tS3cr3tS3cr3tS3cr3t`
}

export const tokens = (accessToken: string = jwt(), more: Readonly<Record<string, unknown>> = {}) => ({
  accessToken,
  refreshToken: 'S3cr3tS3cr3tRefresh',
  ...more,
})

export const say = (status: number, body: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** A 401 with this `WWW-Authenticate`; `null`: without. */
export const refuse = (challenge: string | null, body: unknown = {}, headers: Answer['headers'] = {}): Answer =>
  say(401, body, { ...(challenge !== null && { 'www-authenticate': challenge }), ...headers })

export const invalidToken = (description?: string): string =>
  `Bearer error="invalid_token"${description ? `, error_description="${description}"` : ''}`

export const isRefresh = ({ path }: ReceivedRequest): boolean => /\/(refresh|token)$/.test(path)

export const httpDate = (seconds: number): string => new Date(inSeconds(seconds) * 1000).toUTCString()

/** The API refuses each token, and the refresh brings good-looking ones. */
export const refreshed =
  (
    refusal: (request: ReceivedRequest, server: SituationServer) => Answer | null,
    brought: () => string = () => jwt(),
  ): Situation['reply'] =>
  (request, server) =>
    isRefresh(request) ? say(200, tokens(brought())) : refusal(request, server)
