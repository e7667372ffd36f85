import { isLatchkeyError, withoutQuotes } from '../errors.ts'
import { readRetryAfter } from '../http/retry-after.ts'
import type { Credentials } from '../session/credentials.ts'
import { PostError } from './post.ts'

/** What a token request that brought no credentials means. */
export type Failure =
  | { readonly kind: 'rejected'; readonly misconfigured: boolean; readonly reason?: undefined }
  | {
      readonly kind: 'unavailable'
      readonly reason: 'offline' | 'timeout' | 'network' | 'status' | 'unreadable-response' | 'invalid-refresh'
      readonly status: number | null
      /** From `Retry-After`, if the server sent it. */
      readonly retryAfterMs: number | null
      /** Whether the server surely did not rotate the token. Otherwise its response may have been lost. */
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

/** A SyntaxError of `JSON.parse` quotes the response, so only its name is used. */
function describe(thrown: Thrown): string {
  const { name, message } = thrown
  if (thrown instanceof PostError || isLatchkeyError(thrown)) return thrown.message
  return withoutQuotes(name === 'SyntaxError' || typeof message !== 'string' ? String(name ?? 'failed') : message)
}

/** Removes tokens from a message: the app's own errors may quote them. */
function redact(detail: string, credentials: Credentials | null): string {
  const secrets = [credentials?.accessToken, credentials?.refreshToken, credentials?.idToken]
  // Three letters or less are no secret, and replacing them would spoil every word.
  return secrets.reduce<string>(
    (text, secret) => (secret && secret.length > 3 ? text.split(secret).join('…') : text),
    detail,
  )
}

const programming =
  /\b(?:undefined|null|not (?:a function|an object|a constructor|iterable|defined)|propert(?:y|ies))\b/

/** Whether it is a programming mistake in the app's function. `fetch` throws a TypeError too, but with another message. */
export const isMistake = (error: unknown): boolean => {
  const { name, message } = asThrown(error)
  return (
    name === 'ReferenceError' || name === 'RangeError' || (name === 'TypeError' && programming.test(String(message)))
  )
}

/** Statuses of a server that cannot respond now, but may soon. */
export const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

const asThrown = (error: unknown): Thrown =>
  (typeof error === 'object' && error !== null ? error : { message: error }) as Thrown

/** The status of a thrown response, in any library's shape; 0 if there is none. */
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
  // A proxy's page in place of the server's response: what the server did is not known.
  const isHtml = headerOf(answer.headers, 'content-type').includes('html')
  if (!isPassing(status) && (code || status === 401 || (status === 403 && !isHtml))) {
    return { kind: 'rejected', misconfigured: mistakes.test(String(code)) }
  }
  return {
    kind: 'unavailable',
    reason: reasonOf(thrown, status),
    status: status || null,
    retryAfterMs: readRetryAfter(headerOf(answer.headers, 'retry-after'), wallMs),
    isUnrotated: status >= 400 && ![408, 500, 502, 504].includes(status) && !isHtml && thrown.error !== null,
    detail:
      redact(describe(thrown), sent) +
      (status >= 400 && !isPassing(status) && !code
        ? `. ${status === 404 ? 'Is its URL right? ' : ''}If the session is over, return null`
        : ''),
  }
}

function reasonOf(thrown: Thrown, status: number): Exclude<Extract<Failure, { reason: string }>['reason'], 'offline'> {
  const { name, redirected, code } = thrown
  if (redirected === true) return 'status'
  if (status) return status < 300 ? 'unreadable-response' : 'status'
  if (isMistake(thrown)) return 'invalid-refresh'
  // A strategy of ours that cannot use the response.
  if (code === 'configuration') return 'unreadable-response'
  return name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : 'network'
}
