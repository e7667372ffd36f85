/** RFC 9470 §3: what the server asks for. Its values are the server's, and untrusted. */
export interface StepUpRequirement {
  readonly acrValues: readonly string[]
  readonly maxAgeSeconds: number | null
  readonly scope: string | null
}

/** Why there is no session. */
export type EndReason =
  | 'signed-out' // signOut(), here or in another tab
  | 'replaced' // another subject signed in
  | 'refresh-rejected' // the server rejected the refresh
  | 'expired' // the token was rejected or ran out, and there is no way to refresh
  | 'misconfigured' // invalid_client and its kin: signing in again will not help
  | 'key-lost' // the DPoP key is gone

// Over two copies of the library on one page `instanceof` fails; a registered symbol does not.
const mark = Symbol.for('latchkey.error')

/** For what must not show when an error is logged or serialised. */
export const hide = (error: object, name: PropertyKey, value: unknown): void => {
  Object.defineProperty(error, name, { value })
}

/**
 * Foreign texts quote what they stumble over: an answer, a header, a URL, a record. What is in quotes or brackets is cut off, and
 * so is every word that is long enough to be a token.
 */
export function withoutQuotes(text: string): string {
  const words = text.replace(/(["`<{]|(^|\W)').*/s, ' …').split(/\s+/, 20)
  return words.map(word => (word.length > 15 ? '…' : word)).join(' ')
}

/** What an app's store threw, as it may be told: by name and by words that quote nothing. The browser's own errors do not quote. */
export function toReportable(cause: unknown): unknown {
  if (globalThis.DOMException && cause instanceof DOMException) return cause
  const { name, message } = Object(cause) as Partial<Error>
  const told = new Error(withoutQuotes(typeof message === 'string' ? message : ''))
  if (/^[A-Z]\w*Error$/.test(String(name))) hide(told, 'name', name)
  return told
}

/** What every error of this library is. Narrow by `code`: `isLatchkeyError(e) && e.code === 'session-ended'`. */
export abstract class LatchkeyError extends Error {
  abstract readonly code: 'session-ended' | 'refresh-unavailable' | 'step-up-required' | 'configuration'
  constructor(name: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    // The names are never ky's: its guards match by name, and would retry what must not be retried.
    hide(this, 'name', name)
    hide(this, mark, true)
  }
}

/** There is no session, so the request was not (or not successfully) made. Login was asked for; nothing to show but that. */
export class SessionEndedError extends LatchkeyError {
  readonly code = 'session-ended'
  declare readonly reason: EndReason | 'not-signed-in' | 'disposed'
  /** The 401, if there was one; its body was let go. Not named `response`, which axios would write to. Not enumerable. */
  declare readonly rejectedResponse: Response | null
  constructor(reason: SessionEndedError['reason'], response: Response | null = null, cause?: unknown) {
    super('SessionEndedError', `The session is over (${reason}). Sign in, then try again.`, cause)
    this.reason = reason
    hide(this, 'rejectedResponse', response)
  }
}

/** Why newer credentials cannot be had right now. */
export type UnavailableReason =
  | 'offline' // the network failed, and the browser says that there is none
  | 'network' // no answer arrived, or only a part of it
  | 'timeout' // no answer within `limits.refreshTimeoutMs`
  | 'status' // the token endpoint answered with `status`
  | 'unreadable-response' // it answered with something that is no credentials, or `refresh` could not read it
  | 'backing-off' // nothing was sent so soon after a failure, which is the `cause`
  | 'circuit-open' // nothing was sent: too many refreshes helped nobody
  | 'reauthenticating' // the user is being asked to sign in
  | 'store' // the store could not be read, so the refresh token may be an old one
  | 'no-refresh-token' // nothing is held that could be refreshed

/** What failed, for messages. */
export const summarize = ({
  reason,
  status,
  detail = '',
}: Pick<RefreshUnavailableError, 'reason' | 'status'> & { readonly detail?: string }): string =>
  `${reason}${status === null ? '' : ` ${status}`}${detail && `: ${detail}`}`

/** Newer credentials cannot be had right now; the session goes on. Try again after `retryAfterMs`. */
export class RefreshUnavailableError extends LatchkeyError {
  readonly code = 'refresh-unavailable'
  declare readonly reason: UnavailableReason
  /** The token endpoint's status, if it answered. */
  declare readonly status: number | null
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

/** RFC 9470: `reauthenticate` was asked and answered `null`. */
export class StepUpRequiredError extends LatchkeyError {
  readonly code = 'step-up-required'
  declare readonly requirement: StepUpRequirement
  /** The 401; its body can be read. Not enumerable. */
  declare readonly rejectedResponse: Response
  constructor(requirement: StepUpRequirement, response: Response) {
    super('StepUpRequiredError', 'The server wants a stronger or newer sign-in. Ask the person again.')
    this.requirement = requirement
    hide(this, 'rejectedResponse', response)
  }
}

/** A mistake in the program: a wrong option, or an authorization server that does not know this client. */
export class ConfigurationError extends LatchkeyError {
  readonly code = 'configuration'
  /** @example 'trustedOrigins[1]' */
  declare readonly option: string | null
  constructor(option: string | null, message: string) {
    super('ConfigurationError', option ? `\`${option}\`: ${message}` : message)
    this.option = option
  }
}

export type AnyLatchkeyError = SessionEndedError | RefreshUnavailableError | StepUpRequiredError | ConfigurationError

/** By mark, not by `instanceof`: holds over two copies of the library on one page. */
export function isLatchkeyError(error: unknown): error is AnyLatchkeyError {
  return typeof error === 'object' && error !== null && mark in error
}

/** @throws ConfigurationError */
export function check(good: unknown, option: string | null, instead: string): asserts good {
  if (!good) throw new ConfigurationError(option, instead)
}

const factoryMark = Symbol.for('latchkey.factory')

/** Marks a function that makes an option's value, so that one which was not called is told. To be called `@__PURE__`. */
export const factory = <Make extends object>(name: string, make: Make): Make =>
  Object.assign(make, { [factoryMark]: name })

export const factoryName = (value: object): string | undefined =>
  (value as { readonly [factoryMark]?: string })[factoryMark]

export const warnInsecure = (): void => console.warn('latchkey: `allowInsecureRequests` is for development only')
