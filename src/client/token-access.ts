import { check, RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import type { Outcome } from '../refresh/refresh-ports.ts'
import { unavailable } from '../refresh/unavailable.ts'
import type { Credentials } from '../session/credentials.ts'
import { remainingLifetimeMs } from '../session/expiry.ts'
import { tryAgainMs } from '../time/delays.ts'
import type { ClientParts } from './wiring.ts'

export interface TokenAccess {
  refresh(): Promise<void>
  getAccessToken(options?: { readonly minValidityMs?: number | undefined }): Promise<string>
}

/** `restored` resolves when it is known whether a user is signed in, with the outcome of the refresh that it needed. */
export function createTokenAccess(
  { session, refresher, login, clock, canRefresh, waits }: ClientParts,
  restored: () => Promise<Outcome | undefined>,
): TokenAccess {
  /** Resolves with the session once it is known, and with how long its token is still valid. */
  async function awaitSession(): Promise<{ readonly sessionId: string | null; readonly validMs: number }> {
    const outcome = await restored()
    const { credentials, endReason, sessionId: id, status } = session.state
    if (outcome?.kind === 'disposed') throw new SessionEndedError('disposed')
    if (status === 'unknown') {
      const isKnown = outcome?.kind === 'unavailable'
      throw new RefreshUnavailableError(isKnown ? outcome : unavailable('store', tryAgainMs, 'it cannot be used'))
    }
    if (!credentials) throw new SessionEndedError(endReason ?? 'not-signed-in')
    // Do not wait: the caller may be the dialog itself.
    if (login.reauthentication?.kind === 'login') {
      throw new RefreshUnavailableError(unavailable('reauthenticating', tryAgainMs, ''))
    }
    return { sessionId: id, validMs: validMs() }
  }

  async function refresh(): Promise<void> {
    const waiter = await awaitSession()
    check(canRefresh(), 'refresh', 'pass it to createClient, and a refresh token to signIn')
    await waits.awaitRefresh(refresher.start('manual'), waiter)
    // A user signed in meanwhile, by a cookie alone, or in a tab that shares no tokens.
    if (session.state.credentials?.tokensElsewhere) await refresh()
  }

  const validMs = (): number => {
    const { credentials, monotonicSentAt } = session.state
    return credentials ? remainingLifetimeMs(credentials, monotonicSentAt, clock) : 0
  }
  /** How long what `minValidityMs` brought was valid. Weak: no token outlives its session here. */
  const best = new WeakMap<Credentials, number>()

  async function getAccessToken(options: { readonly minValidityMs?: number | undefined } = {}): Promise<string> {
    const { minValidityMs = 0 } = options
    check(minValidityMs >= 0, 'minValidityMs', 'write milliseconds: 60_000')
    const waiter = await awaitSession()
    const expired = waiter.validMs <= 0
    // The server's tokens live less than that: another is worth a refresh once half of this one's life is over.
    const bestMs = best.get(session.state.credentials as Credentials) ?? Number.POSITIVE_INFINITY
    const isBest = minValidityMs > bestMs && waiter.validMs > bestMs / 2
    const isTooOld = expired || (waiter.validMs < minValidityMs && !isBest)
    if (refresher.flightOf()?.blocksRequests || (canRefresh() && isTooOld)) {
      try {
        await waits.awaitRefresh(refresher.start(expired ? 'expired' : 'manual'), waiter)
        const { credentials } = session.state
        if (credentials) best.set(credentials, validMs())
      } catch (error) {
        // A token that is still valid is better than none.
        if (!(error instanceof RefreshUnavailableError) || validMs() <= 0) throw error
      }
    }
    // However the refresh ended: the token must be of the session for which it was requested.
    waits.assertSameSession(waiter)
    const { accessToken, tokensElsewhere } = session.state.credentials ?? {}
    // A user signed in meanwhile, in a tab that shares no tokens.
    if (tokensElsewhere) return getAccessToken(options)
    check(accessToken, null, 'A cookie session has no access token.')
    return accessToken
  }

  return { refresh, getAccessToken }
}
