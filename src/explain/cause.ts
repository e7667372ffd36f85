import type { Facts } from './facts.ts'

/** `'surely'`: nothing else fits what was seen. */
export type Certainty = 'surely' | 'probably' | 'possibly'

export const certainties: readonly Certainty[] = ['surely', 'probably', 'possibly']

export type CauseCode =
  | 'malformed-header'
  | 'no-cors'
  | 'other-scheme'
  | 'session-changed'
  | 'login-refused'
  | 'login-without-auth-false'
  | 'auth-false'
  | 'own-authorization'
  | 'untrusted-origin'
  | 'not-signed-in'
  | 'redirected'
  | 'login-page'
  | 'cookie-blocked'
  | 'step-up'
  | 'scope'
  | 'dpop-nonce'
  | 'dpop-proof'
  | 'dpop-key'
  | 'held-back'
  | 'not-replayed'
  | 'refresh-failed'
  | 'misconfigured'
  | 'same-token'
  | 'refreshed-expired'
  | 'not-yet-valid'
  | 'clock-skew'
  | 'expired'
  | 'id-token'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'bad-signature'
  | 'revoked'
  | 'forbidden'
  | 'header-lost'
  | 'html-page'
  | 'unreachable'
  | 'stream-over-http1'
  | 'preflight'
  | 'cors-missing'
  | 'challenge-hidden'
  | 'no-challenge'
  | 'unknown'

/** Named by causes of which no standard speaks. */
export const documentation = 'https://github.com/latchkey-js/latchkey/blob/main/docs/explain.md'

/** What a rule found in the facts. */
export interface Finding {
  readonly certainty: Certainty
  readonly evidence: readonly string[]
}

/** What is said of a cause, whatever the facts. */
export interface CauseText {
  readonly code: CauseCode
  readonly title: string
  /** What to do in the page; `null`: nothing. */
  readonly page: string | null
  /** What to do on the server; `null`: nothing. */
  readonly server: string | null
  /** @example 'RFC 6750 §3.1' */
  readonly see: string
}

/** Why a request was refused, or why its response cannot be read. */
export interface Cause extends CauseText, Finding {}

/** One cause, and how it is recognised; `null`: it is not this one. */
export interface CauseRule extends CauseText {
  find(facts: Facts): Finding | null
}

export const surely = (...evidence: readonly string[]): Finding => ({ certainty: 'surely', evidence })
export const probably = (...evidence: readonly string[]): Finding => ({ certainty: 'probably', evidence })
export const possibly = (...evidence: readonly string[]): Finding => ({ certainty: 'possibly', evidence })
