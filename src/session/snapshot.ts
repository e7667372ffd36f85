import type { EndReason } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'
import type { SessionState } from './state.ts'

/** The state of a session, as an app sees it. Frozen, and without tokens. */
export interface SessionSnapshot<Claims extends object = JwtClaims> {
  /**
   * - `'unknown'`: the store has not been read yet or, for ambient strategies, the server has not been asked; also on a server
   *   and during hydration. With `createClient({ initial })`, what the server knew is shown instead.
   * - `'reauthenticating'`: a login dialog is open (`reauthenticate`), and requests wait. Keep the page and its state.
   */
  readonly status: 'unknown' | 'signed-in' | 'reauthenticating' | 'signed-out'
  /** Why `status` is `'signed-out'`; `null` if no user was signed in. For the login page: "Your session has expired." */
  readonly endReason: EndReason | null
  /** The user: what `signIn` was given, else the `sub` of the ID token, else of a JWT access token; `null` if unknown. */
  readonly subject: string | null
  /** Claims of the ID token, else of a JWT access token, else of the cookie session. Not verified: for display only. */
  readonly claims: Claims | null
  /** The scopes of the access token, as the server named them; empty if it named none. */
  readonly scope: readonly string[]
  /** Epoch milliseconds by this device's clock; `null`: unknown. */
  readonly accessTokenExpiresAtMs: number | null
  /** Epoch milliseconds by this device's clock, for a countdown; `null`: the server does not say. */
  readonly sessionExpiresAtMs: number | null
  /** Rises when another user signs in, or the user signs out. Use it as a cache key. */
  readonly epoch: number
  /** Rises with each refresh within an epoch. */
  readonly generation: number
}

/** What an app may see of a state: everything except the credentials. */
export function toSnapshot<Claims extends object>(state: SessionState): SessionSnapshot<Claims> {
  const { endReason, epoch, generation, credentials } = state
  const assumed = state.status === 'unknown' ? state.assumed : null
  const known = credentials ?? assumed
  const endOf = (lifetimeMs: number | null | undefined) =>
    credentials && lifetimeMs ? credentials.sentAt + lifetimeMs : null
  return Object.freeze({
    status: assumed?.status ?? state.status,
    endReason,
    subject: known?.subject ?? null,
    claims: (known?.claims ?? null) as Claims | null,
    scope: credentials?.scope?.split(' ').filter(Boolean) ?? [],
    accessTokenExpiresAtMs: endOf(credentials?.lifetimeMs),
    sessionExpiresAtMs: endOf(credentials?.sessionLifetimeMs),
    epoch,
    generation,
  })
}
