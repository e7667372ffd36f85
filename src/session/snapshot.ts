import type { EndReason } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'
import type { SessionState } from './state.ts'

export interface SessionSnapshot<Claims extends object = JwtClaims> {
  /**
   * - `'unknown'`: the store was not read yet or, for ambient strategies, the server not asked; also on a server and while
   *   hydrating. Where `createClient({ initial })` says what a server knew, that is shown in its place.
   * - `'reauthenticating'`: `reauthenticate` was asked, requests wait. Keep the page; its state is why there is a dialog.
   */
  readonly status: 'unknown' | 'signed-in' | 'reauthenticating' | 'signed-out'
  /** Why it is `'signed-out'`; `null` if nobody was signed in. For the login page: "Your session has expired." */
  readonly endReason: EndReason | null
  readonly subject: string | null
  /** Of the ID token, else of a JWT access token, else what a cookie session told; unverified. */
  readonly claims: Claims | null
  readonly scope: readonly string[]
  /** By this device's clock; `null`: unknown. */
  readonly accessTokenExpiresAtMs: number | null
  /** For a countdown. `null`: the server does not say. */
  readonly sessionExpiresAtMs: number | null
  /** Rises when who is signed in changes: a key for caches. */
  readonly epoch: number
  /** Rises with each refresh inside an epoch. */
  readonly generation: number
}

/** What the app may see of a state: everything but the credentials. */
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
