import { withoutQuotes } from '../errors.ts'
import { readRetryAfter } from '../http/retry-after.ts'
import type { Credentials } from '../session/credentials.ts'
import { PostError } from './post.ts'

/** What a token request that brought no credentials means. */
export type Failure =
  | { readonly kind: 'rejected'; readonly misconfigured: boolean }
  | {
      readonly kind: 'unavailable'
      readonly reason: 'offline' | 'timeout' | 'network' | 'status' | 'unreadable-response'
      readonly status: number | null
      /** What the server asked for, if it did. */
      readonly retryAfterMs: number | null
      /** Whether the server surely did not rotate the token; else its answer may just be lost. */
      readonly isUnrotated: boolean
      readonly detail: string
    }

// RFC 6749 §5.2 and OpenID Connect Core §3.1.2.6; `bad_refresh_token` is GitHub's.
const refusals = /^(invalid_grant|bad_refresh_token|(login|interaction|consent|account_selection)_required)$/
const mistakes = /^(invalid_(client|request|scope)|unauthorized_client|unsupported_grant_type)$/

interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly status?: unknown
  readonly error?: unknown
  readonly code?: unknown
  readonly headers?: unknown
  readonly redirected?: unknown
  readonly data?: { readonly error?: unknown } | null
  readonly response?: {
    readonly status?: unknown
    readonly headers?: unknown
    readonly data?: { readonly error?: unknown } | null
  } | null
}

function headerOf(headers: unknown, name: string): string {
  const { get, [name]: own } = (headers ?? {}) as Readonly<Record<string, unknown>>
  const value = typeof get === 'function' ? get.call(headers, name) : own
  return typeof value === 'string' ? value : ''
}

/** JSON errors quote without quotes. */
function describe(thrown: Thrown): string {
  const { name, message } = thrown
  if (thrown instanceof PostError) return thrown.message
  return withoutQuotes(name === 'SyntaxError' || typeof message !== 'string' ? String(name ?? 'failed') : message)
}

/** Takes out what must not show in a message; the app's own errors may quote it. */
function redact(detail: string, credentials: Credentials | null): string {
  const secrets = [credentials?.accessToken, credentials?.refreshToken, credentials?.idToken]
  // Of three letters or less it is no secret, and would take the letters out of every word.
  return secrets.reduce<string>(
    (text, secret) => (secret && secret.length > 3 ? text.replaceAll(secret, '…') : text),
    detail,
  )
}

const programming =
  /\b(?:undefined|null|not (?:a function|an object|a constructor|iterable|defined)|propert(?:y|ies))\b/

/** Whether it is a mistake in the app's own function. What `fetch` throws is a TypeError too, but says nothing of the kind. */
export const isMistake = (error: unknown): boolean => {
  const { name, message } = asThrown(error)
  return (
    name === 'ReferenceError' || name === 'RangeError' || (name === 'TypeError' && programming.test(String(message)))
  )
}

/** Of a server that cannot answer now, and may soon. */
export const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

const asThrown = (error: unknown): Thrown =>
  (typeof error === 'object' && error !== null ? error : { message: error }) as Thrown

/** The status of an answer that was thrown, in whose shape whatever; 0 if there was none that can be read. */
export function statusOf(error: unknown): { readonly status: number; readonly redirected: boolean } {
  const thrown = asThrown(error)
  const { status } = thrown.response ?? thrown
  const known = typeof status === 'number' && status > 0 ? status : 0
  return { status: known, redirected: thrown.redirected === true || (known >= 300 && known < 400) }
}

/**
 * Judges what a token request threw, by the table of RFC 6749 §5.2 and the statuses around it: only a rejection ends a session.
 * Reads ky's, axios' and oauth4webapi's errors, a thrown `Response`, and our own.
 */
export function judgeFailure(error: unknown, wallMs: number, sent: Credentials | null): Failure {
  const thrown = asThrown(error)
  const answer = thrown.response ?? thrown
  const { status } = statusOf(error)
  const code = [thrown.error, thrown.data?.error, thrown.response?.data?.error, thrown.code].find(
    (value): value is string => typeof value === 'string' && (refusals.test(value) || mistakes.test(value)),
  )
  // A proxy's page, in the server's place: what the server did is not known.
  const isHtml = headerOf(answer.headers, 'content-type').includes('html')
  if (!isPassing(status) && (code || status === 401 || (status === 403 && !isHtml))) {
    return { kind: 'rejected', misconfigured: code !== undefined && mistakes.test(code) }
  }
  return {
    kind: 'unavailable',
    reason: isMistake(error) && !status ? 'unreadable-response' : reasonOf(thrown, status),
    status: status || null,
    retryAfterMs: readRetryAfter(headerOf(answer.headers, 'retry-after'), wallMs),
    isUnrotated: status >= 400 && ![408, 500, 502, 504].includes(status) && !isHtml && thrown.error !== null,
    detail:
      redact(describe(thrown), sent) +
      (status >= 400 && status < 500 && !isPassing(status) && !code ? '. If the session is over, return null' : ''),
  }
}

function reasonOf(
  { name, redirected }: Thrown,
  status: number,
): 'timeout' | 'network' | 'status' | 'unreadable-response' {
  if (redirected === true) return 'status'
  if (status) return status < 300 ? 'unreadable-response' : 'status'
  return name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : 'network'
}
