import { type Credentials, hasSame } from '../session/credentials.ts'
import type { ClientParts } from './wiring.ts'

/** What `signOut()` resolves with, once everything local is done. */
export interface SignOutResult {
  /**
   * Resolves when the server has answered, or `limits.refreshTimeoutMs` has passed: `true` if it was told of the sign-out,
   * `false` if it could not be, or if nothing says how. Never rejects. In cookie modes, what it was not told is remembered.
   */
  readonly revoked: Promise<boolean>
}

/** Ends the session here at once, then in the store; the server is told meanwhile. */
export function createSignOut(
  { session, clock, revocation }: ClientParts,
  ambient: boolean,
): () => Promise<SignOutResult> {
  /** Of what a sign-out found in the store: neither what memory held, too, nor what a sign-in has brought since. */
  const isOverwritten = (held: Credentials | null, former: Credentials | null, sinceMs: number): boolean =>
    held !== null &&
    held.sentAt <= sinceMs &&
    ![former, session.state.credentials].some(
      known => hasSame('refreshToken', held, known) || hasSame('accessToken', held, known),
    )

  return async () => {
    const { credentials } = session.state
    const { records } = session
    const sinceMs = clock.wallMs()
    // Not read yet, or changed since: what is about to be written over is what the server has to be told of.
    const found =
      !ambient && (records.shared || session.state.status === 'unknown') ? records.peekCredentials() : undefined
    const pending = revocation.pendingOf(credentials)
    const stored = session.signOut(pending)
    // Begun before anything is waited for: the page may be about to leave.
    const told = credentials || !found ? revocation.revoke(credentials, pending) : undefined
    const also = found?.then(held =>
      isOverwritten(held, credentials, sinceMs) ? revocation.revoke(held) : (told ?? revocation.revoke(null)),
    )
    const revoked = Promise.all([told, also]).then(calls => !calls.includes(false))
    await stored
    return { revoked }
  }
}
