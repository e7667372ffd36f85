/**
 * What the server requires of a step-up. Its values come from the server, and are not verified.
 * @see RFC 9470 §3
 */
export interface StepUpRequirement {
  /** The accepted authentication context classes, in the server's order of preference; empty if it named none. */
  readonly acrValues: readonly string[]
  /** How old the user's last authentication may be, in seconds; `null`: any age. */
  readonly maxAgeSeconds: number | null
  /** The scope that the resource needs, space-separated; `null`: not named. */
  readonly scope: string | null
}

/** Why a session ended. */
export type EndReason =
  | 'signed-out' // signOut(), here or in another tab
  | 'replaced' // another subject signed in
  | 'refresh-rejected' // the server rejected the refresh
  | 'expired' // the token was rejected or ran out, and there is no way to refresh
  | 'misconfigured' // invalid_client and the like: signing in again will not help
  | 'key-lost' // the DPoP key is gone, or the app's `scheme` is another than that of the tokens

// With two copies of the library on one page, `instanceof` fails; a registered symbol does not.
const mark = Symbol.for('latchkey.error')

/** Sets a non-enumerable property, which does not show when the error is logged or serialised. */
export const hide = (error: object, name: PropertyKey, value: unknown): void => {
  Object.defineProperty(error, name, { value })
}

/**
 * Messages of other code may quote a response, a header, a URL or a record. Cuts the text at the first quote or bracket, and
 * replaces every word that is long enough to be a token.
 */
export function withoutQuotes(text: string): string {
  const words = text.replace(/(["`<{]|(^|\W)').*/s, ' …').split(/\s+/, 20)
  return words.map(word => (word.length > 15 ? '…' : word)).join(' ')
}

/** What a store threw, without texts that may quote a token. The browser's own errors quote nothing, and are kept. */
export function toReportable(cause: unknown): unknown {
  if (globalThis.DOMException && cause instanceof DOMException) return cause
  const { name, message } = Object(cause) as Partial<Error>
  const reported = new Error(withoutQuotes(typeof message === 'string' ? message : ''))
  if (/^[A-Z]\w*Error$/.test(String(name))) hide(reported, 'name', name)
  return reported
}

/**
 * The base class of all errors of this library. Test with `isLatchkeyError`, and narrow by `code`.
 * @example if (isLatchkeyError(error) && error.code === 'session-ended') showLogin()
 */
export abstract class LatchkeyError extends Error {
  abstract readonly code: 'session-ended' | 'refresh-unavailable' | 'step-up-required' | 'configuration'
  constructor(name: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    // No name may be one of ky's: ky recognises its errors by name, and would retry what must not be retried.
    hide(this, 'name', name)
    hide(this, mark, true)
    // V8 makes the text of a stack when it is first read. Until then it keeps the functions on it, and through them the tokens of
    // the request: an app may keep an error after a sign-out.
    Reflect.get(this, 'stack')
  }
}

/**
 * There is no session (any more), so the request was not sent, or not sent again. `onLoginRequired` is called where the user must
 * sign in.
 */
export class SessionEndedError extends LatchkeyError {
  readonly code = 'session-ended'
  /** `'not-signed-in'`: there was no session. `'disposed'`: `client.dispose()` was called while the request waited. */
  declare readonly reason: EndReason | 'not-signed-in' | 'disposed'
  /** The 401, if there was one. Its body was released. Not named `response`, which axios would write to. Not enumerable. */
  declare readonly rejectedResponse: Response | null
  constructor(reason: SessionEndedError['reason'], response: Response | null = null, cause?: unknown) {
    super('SessionEndedError', `The session is over (${reason}). Sign in, then try again.`, cause)
    this.reason = reason
    hide(this, 'rejectedResponse', response)
  }
}

/** Why a refresh failed for now. */
export type UnavailableReason =
  | 'offline' // the network failed, and the browser says that it is offline
  | 'network' // no response arrived, or only a part of it
  | 'timeout' // no response within `limits.refreshTimeoutMs`
  | 'status' // the token endpoint returned `status`
  | 'unreadable-response' // the response has no credentials that can be used
  | 'invalid-refresh' // a mistake in your `refresh`: it threw a TypeError or the like, or returned a `Response`
  | 'backing-off' // not sent: too soon after the failure that is the `cause`
  | 'circuit-open' // not sent: too many refreshes did not help (`limits.circuitOpensAfter`)
  | 'reauthenticating' // not sent: a login dialog is open
  | 'store' // not sent: the store could not be read, so the refresh token may be an old one
  | 'no-refresh-token' // not sent: the session has no refresh token

/** The failure in short, for messages. */
export const summarize = ({
  reason,
  status,
  detail = '',
}: Pick<RefreshUnavailableError, 'reason' | 'status'> & { readonly detail?: string }): string =>
  `${reason}${status === null ? '' : ` ${status}`}${detail && `: ${detail}`}`

/** A refresh failed for now. The session stays: show "try again", not the login page. */
export class RefreshUnavailableError extends LatchkeyError {
  readonly code = 'refresh-unavailable'
  declare readonly reason: UnavailableReason
  /** The status of the token endpoint; `null` if it did not respond. */
  declare readonly status: number | null
  /** Milliseconds after which the next refresh may be sent. */
  declare readonly retryAfterMs: number
  constructor(
    failure: Pick<RefreshUnavailableError, 'reason' | 'status' | 'retryAfterMs'> & {
      readonly detail?: string
      readonly cause?: unknown
    },
  ) {
    const { reason, status, retryAfterMs, cause } = failure
    super(
      'RefreshUnavailableError',
      `No newer token (${summarize(failure)}). Try again in ${Math.ceil(retryAfterMs)} ms.`,
      cause,
    )
    this.reason = reason
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * The server requires a step-up, and the user declined it: `reauthenticate` returned `null` or rejected.
 * @see RFC 9470
 */
export class StepUpRequiredError extends LatchkeyError {
  readonly code = 'step-up-required'
  declare readonly requirement: StepUpRequirement
  /** The 401. Its body can still be read. Not enumerable. */
  declare readonly rejectedResponse: Response
  constructor(requirement: StepUpRequirement, response: Response) {
    super('StepUpRequiredError', 'The server requires a stronger or newer sign-in. Ask the user again.')
    this.requirement = requirement
    hide(this, 'rejectedResponse', response)
  }
}

/** A mistake in the program: a wrong option or argument, or an authorization server that does not know this client. */
export class ConfigurationError extends LatchkeyError {
  readonly code = 'configuration'
  /** The option or argument that is wrong; `null` if it has no name. @example 'trustedOrigins[1]' */
  declare readonly option: string | null
  constructor(option: string | null, message: string) {
    super('ConfigurationError', option ? `\`${option}\`: ${message}` : message)
    this.option = option
  }
}

/** The union of all errors of this library; `code` tells them apart. */
export type AnyLatchkeyError = SessionEndedError | RefreshUnavailableError | StepUpRequiredError | ConfigurationError

/** Whether `error` is one of this library. Works across two copies of the library on one page, where `instanceof` does not. */
export function isLatchkeyError(error: unknown): error is AnyLatchkeyError {
  return typeof error === 'object' && error !== null && mark in error
}

/** @throws ConfigurationError if `good` is falsy; `instead` says what to write */
export function check(good: unknown, option: string | null, instead: string): asserts good {
  if (!good) throw new ConfigurationError(option, instead)
}

const factoryMark = Symbol.for('latchkey.factory')

/**
 * Marks a function that makes an option's value, so that an uncalled one (`store: memoryStore`) is reported. Call it with
 * `@__PURE__`.
 */
export const factory = <Make extends object>(name: string, make: Make): Make =>
  Object.assign(make, { [factoryMark]: name })

export const factoryName = (value: object): string | undefined =>
  (value as { readonly [factoryMark]?: string })[factoryMark]

let warned: Set<string> | undefined

/** Says something to the developer, once on each page. */
export function warnOnce(text: string): void {
  warned ??= new Set()
  if (!warned.has(text)) console.warn(`latchkey: ${text}`)
  warned.add(text)
}

export const warnInsecure = (): void => console.warn('latchkey: `allowInsecureRequests` is for development only')
