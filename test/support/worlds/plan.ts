export const modes = ['bearer', 'oauth', 'dpop', 'cookie', 'bff'] as const
export type Mode = (typeof modes)[number]
export type Person = 'alice' | 'bob'

/**
 * How user and server name whom tokens belong to:
 *
 * - `app`: the app says so at the login, the refresh says nothing. `both`: the refresh says so, too
 * - `id-token`: an ID token names the user at the login; every other refresh brings one
 * - `access-token`: only the access token names the user
 * - `other-sub`: the `sub` of the access token is another one than the ID token's
 * - `app-and-id-token`: the app uses a name of its own
 * - `numeric`: a number at the login, its text at the refresh. `numeric-sub`: the same in ID tokens
 * - `issuers`: the same `sub` of two issuers
 * - `other-issuer`: the access token is of another issuer than the ID token
 * - `opaque`: nothing names the user
 */
export const shapes = [
  'app',
  'both',
  'id-token',
  'access-token',
  'other-sub',
  'app-and-id-token',
  'numeric',
  'numeric-sub',
  'issuers',
  'other-issuer',
  'opaque',
] as const
export type Shape = (typeof shapes)[number]

/** Whose cookie it is must be said by every response: nothing else in the page tells. Without tokens only the app can say it. */
export function shapesOf(mode: Mode): readonly Shape[] {
  if (mode === 'bff') return ['both', 'numeric', 'issuers']
  return mode === 'cookie'
    ? ['both', 'numeric', 'id-token', 'access-token', 'other-sub', 'numeric-sub', 'issuers', 'other-issuer']
    : shapes
}

export const networkFaults = [
  'lost-before',
  'lost-after',
  'busy',
  'busy-until',
  'broken',
  'html',
  'cut',
  'slow',
  'hang',
] as const
export type NetworkFault = (typeof networkFaults)[number]
/**
 * - `lags`: it takes long. `late`: longer than the client waits. `hangs`: for ever
 * - `refuses`: nothing is done, and it says so. `lands`: it is done, and it says that it was not. `loses`: the reverse
 * - `corrupts`: the record is garbage from then on
 * - `stale`: a read returns the record before the last one. `shows-late`: a write is confirmed, and done later
 */
export const storeFaults = [
  'lags',
  'refuses',
  'loses',
  'corrupts',
  'late',
  'hangs',
  'lands',
  'stale',
  'shows-late',
] as const
export type StoreFault = (typeof storeFaults)[number]

export const strikes = ['kill', 'freeze', 'sleep', 'dispose', 'sign-out', 'sign-in'] as const
export type StrikeKind = (typeof strikes)[number]

export interface DialogAnswer {
  readonly who: 'same' | 'other' | 'declined' | 'throws'
  readonly afterMs: number
}

/** What kind of world it is. */
export interface WorldSettings {
  readonly mode: Mode
  /** Whether the client is made with ky (`createClient`) or without (`createAuthenticatedFetch`). */
  readonly hasKy: boolean
  readonly reuse: 'strict' | 'grace' | 'static'
  readonly hasLocks: boolean
  readonly dropsLocks: boolean
  readonly hasChannel: boolean
  readonly isShared: boolean
  /** Whether the store compares and sets, or is Web Storage, which shows other tabs a write some time later. */
  readonly storage: 'atomic' | 'web'
  readonly monotonicStands: boolean
  readonly shape: Shape
  readonly lifetimeMs: number
  /** Where the lifetime of an access token is said. An opaque one does not say it. */
  readonly lifetimeIn: 'response' | 'token' | 'nothing'
  readonly keepsOldTokens: boolean
  /** What users do when they are asked, one after the other; `null`: the app has no dialog. */
  readonly dialog: readonly DialogAnswer[] | null
  /** Whether the API asks for a nonce now and then (DPoP). */
  readonly hasNonces: boolean
  readonly hasAudiences: boolean
  readonly waitsOffline: boolean
  readonly seed: number
}

export type Step = { readonly afterMs: number } & (
  | {
      readonly kind: 'ask'
      readonly tab: number
      readonly count: number
      readonly to: 'api' | 'files' | 'vault' | 'foreign'
      readonly form: 'get' | 'post' | 'stream' | 'keepalive' | 'once' | 'optional' | 'bare'
      readonly abortAfterMs: number | null
    }
  | { readonly kind: 'refresh' | 'token' | 'sign-out' | 'dispose'; readonly tab: number }
  | { readonly kind: 'sign-in' | 'step-up' | 'navigate'; readonly tab: number; readonly who: Person }
  /** `kill`: without a word, and also if the page does not run. `crash`: of all tabs at once. */
  | { readonly kind: 'reload' | 'kill'; readonly tab: number; readonly forMs: number }
  | {
      readonly kind: 'freeze'
      readonly tab: number
      readonly how: 'sudden' | 'told' | 'cached'
      readonly forMs: number
    }
  /** `refusal`: the APIs reject every token, however new. */
  | { readonly kind: 'sleep' | 'outage' | 'refusal' | 'crash'; readonly forMs: number }
  /**
   * The token endpoint responds with 503, and asks to be left alone for so long; 0: it does not say. `isMet`: the tokens expire,
   * and all tabs go on asking. Otherwise a token request seldom meets it.
   */
  | { readonly kind: 'overload'; readonly forMs: number; readonly retryAfterMs: number; readonly isMet: boolean }
  /**
   * Fifteen within 11 s. `rejections`: requests of one tab while the APIs reject every token. `refreshes`: by all tabs in turn, and
   * no request needs them.
   */
  | { readonly kind: 'burst'; readonly tab: number; readonly what: 'rejections' | 'refreshes' }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'expire' | 'wipe' | 'wait' }
  | { readonly kind: 'revoke'; readonly who: Person | 'all' }
  | { readonly kind: 'token-fault' | 'api-fault' | 'login-fault'; readonly fault: NetworkFault; readonly count: number }
  /** `at`: whether it waits for a write, which are rarer than reads. */
  | { readonly kind: 'store-fault'; readonly fault: StoreFault; readonly count: number; readonly at: 'call' | 'write' }
  /** Happens to the page that sends the next token request, so long after it. */
  | { readonly kind: 'strike'; readonly what: StrikeKind; readonly inMs: number }
)

export interface WorldPlan {
  readonly settings: WorldSettings
  readonly steps: readonly Step[]
}

export const tabCount = 3
