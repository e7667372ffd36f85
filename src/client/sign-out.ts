import { type Credentials, hasSame } from '../session/credentials.ts'
import type { ClientParts } from './wiring.ts'

/** What `signOut()` resolves with, after the local sign-out. */
export interface SignOutResult {
  /**
   * Resolves when the server has answered, or after `limits.refreshTimeoutMs`: `true` if the server knows of the sign-out,
   * `false` if it could not be reached, or if the strategy has no `revoke`. Never rejects. In cookie modes, a sign-out that
   * failed while its page was open is sent again later. If the page was left before the answer, it is not: await this first.
   */
  readonly revoked: Promise<boolean>
}

/** Ends the session here at once, then in the store, and calls the server meanwhile. */
export function createSignOut(
  { session, clock, revocation }: ClientParts,
  ambient: boolean,
): () => Promise<SignOutResult> {
  /** Whether the tokens found in the store are other ones than those in memory, and older than a sign-in since. */
  const isOverwritten = (held: Credentials | null, former: Credentials | null, sinceMs: number): boolean =>
    held !== null &&
    held.sentAt <= sinceMs &&
    ![former, session.state.credentials].some(
      known => hasSame('refreshToken', held, known) || hasSame('accessToken', held, known),
    )

  return async () => {
    const { credentials, assumed } = session.state
    const { records } = session
    const sinceMs = clock.wallMs()
    // Memory may be behind the store. The tokens that the sign-out overwrites there must be revoked, too.
    const looks = !ambient && (records.shared || session.state.status === 'unknown')
    const found = looks ? records.peekCredentials?.() : undefined
    // Until the server has responded, only `initial` names the user. A repeated call must name one: another may have signed in.
    const pending = revocation.pendingOf(credentials ?? (assumed?.subject ? assumed : null))
    let replaced: Credentials | null = null
    const stored = session.signOut(pending, former => {
      replaced = former
    })
    // Call before awaiting anything: the page may be about to unload.
    const call = credentials || !looks ? revocation.revoke(credentials, pending) : undefined
    const settle = (held: Credentials | null) =>
      isOverwritten(held, credentials, sinceMs) ? revocation.revoke(held) : (call ?? revocation.revoke(null))
    const storedCall = looks ? (found ?? stored.then(() => replaced)).then(settle) : undefined
    const revoked = Promise.all([call, storedCall]).then(calls => !calls.includes(false))
    await stored
    return { revoked }
  }
}
