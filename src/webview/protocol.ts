import type { LoginContext } from '../login/reauthenticator.ts'
import { parseJson } from '../platform/json.ts'
import type { RefreshCause } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'

/** What a page asks its shell. It never contains a token. */
export type ShellRequest =
  /** The page needs a token. After `'rejected'` the shell must not return a cached one: a server rejected that token. */
  | { readonly type: 'refresh'; readonly cause: RefreshCause; readonly audience: string | null }
  /** Show the login. `subject`: the requests that wait are sent only if this user signs in. */
  | { readonly type: 'login'; readonly reason: LoginContext['reason']; readonly subject: string | null }
  /** RFC 9470 §3: this user has to authenticate more strongly or more recently. */
  | {
      readonly type: 'step-up'
      readonly subject: string | null
      readonly acrValues: readonly string[]
      readonly maxAgeSeconds: number | null
      readonly scope: string | null
    }
  /** The page no longer waits for the response to this `id`: close a login or step-up. There is no response to it. */
  | { readonly type: 'cancel' }
  /** End the session. Idempotent. `subject`: only if it belongs to this user; `null`: the session of any user. */
  | { readonly type: 'sign-out'; readonly subject: string | null }

/** Version 1 of the protocol, page to shell. `id` is random and new for each request. */
export type ShellMessage = ShellRequest & { readonly latchkey: 1; readonly id: string }

/**
 * Version 1 of the protocol, shell to page: an object or its JSON. It needs the request's `id` where it is posted instead of
 * returned. Anything else, and `null` (which bridges return if no handler is registered), is no response and ends nothing.
 */
export type ShellResponse = { readonly latchkey: 1; readonly id?: string | undefined } & (
  | {
      readonly status: 'signed-in'
      /** Lifetimes count from now. A refresh token in it is dropped. `{ cookie: true }` if the shell has set a cookie. */
      readonly session: SessionInput
    }
  /** To `refresh`: there is no session. To `sign-out`: done. To `login` and `step-up`: as `declined`. */
  | { readonly status: 'signed-out' }
  /** To `login` and `step-up`: the user dismissed it. */
  | { readonly status: 'declined' }
  /** Not now, because the shell is offline, for example. The session goes on. */
  | { readonly status: 'unavailable'; readonly retryAfterSeconds?: number | undefined }
)

/** What a shell posts on its own. */
export interface ShellEvent {
  readonly latchkey: 1
  /** `'signed-in'`: also if another user was before. `'refreshed'`: the same session has a newer token. */
  readonly type: 'signed-in' | 'signed-out' | 'refreshed'
}

/** Neither a status nor a code of what a bridge threw: only the shell's `'signed-out'` ends a session. */
export const shellError = (what: unknown): Error => new Error(`shell: ${what}`)

/** An object of the protocol, given as such or as JSON; `null` if it is none. */
export function readProtocol(value: unknown): Readonly<Record<string, unknown>> | null {
  const read = (typeof value === 'string' ? parseJson(value) : value) as Readonly<Record<string, unknown>> | null
  try {
    return read?.['latchkey'] === 1 ? read : null
  } catch {
    // Any script of the page may post an object that cannot be read: a window of another origin, for example.
    return null
  }
}

/** @throws Error for what is no response to `id` */
export function readResponse(value: unknown, id: string): ShellResponse {
  const response = readProtocol(value)
  const { id: respondedTo = id, status } = response ?? {}
  if (respondedTo === id && /^(signed-(in|out)|declined|unavailable)$/.test(status as string)) {
    return response as unknown as ShellResponse
  }
  // Bridges return null if no handler is registered: that must not count as "signed out".
  throw new Error(value === null || value === undefined ? 'no handler' : 'no response of version 1')
}

/**
 * The session that the shell has for this page.
 *
 * @throws Error if there is none now. Only `'signed-out'` means that it is over, and that is the caller's to read
 */
export function readSession(response: ShellResponse): SessionInput {
  if (response.status === 'unavailable') {
    // Read as a server's response would be.
    const headers = { 'retry-after': String(response.retryAfterSeconds) }
    throw Object.assign(shellError(response.status), { status: 503, headers })
  }
  // The refresh token belongs to the shell, not to the page. The client checks the rest.
  const {
    refreshToken: _,
    refresh_token: __,
    ...session
  } = Object((response as { readonly session?: unknown }).session)
  return session
}
