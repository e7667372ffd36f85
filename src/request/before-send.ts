import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { isHidden } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import { type PipelinePorts, targetOf } from './pipeline-ports.ts'
import { type RequestContext, urlOf } from './request-context.ts'
import type { Waits } from './wait.ts'

/**
 * What a request waits for before it is sent: the table of token states (docs/architecture). `undefined`: nothing, so that
 * a request with a good token costs no promise. Rejects if the request must not be sent.
 */
export type BeforeSend = (context: RequestContext) => Promise<unknown> | undefined

/** It may also be the reason of an abort, which may be anything: `null`, for example. */
const asError = (error: unknown): Partial<SessionEndedError | RefreshUnavailableError> => Object(error)
const isUnavailable = (error: unknown) => asError(error).code === 'refresh-unavailable'

export function createBeforeSend(
  ports: PipelinePorts,
  { waitFor, assertSameSession, awaitRefresh }: Waits,
): BeforeSend {
  const { session, refresher, login, ageOf } = ports

  function joinFlight(context: RequestContext, flight: Flight): Promise<unknown> {
    login.noteRequest(targetOf(context))
    return awaitRefresh(flight, context)
  }

  async function sync(context: RequestContext, syncing: Promise<void>): Promise<void> {
    const { credentials, sessionId } = session.state
    if (credentials) context.sessionId ??= sessionId
    await waitFor(syncing, context, 'store')
    if (ports.isDisposed()) throw new SessionEndedError('disposed')
    await decide(context)
  }

  /**
   * An expiring token is used while it is refreshed. Only a body that can be read once waits for the newer one. If none comes, it
   * is sent with the token that there is, unless that has expired meanwhile.
   */
  function refreshInBackground(context: RequestContext, audience: string | undefined): Promise<unknown> | undefined {
    const running = refresher.flightOf(audience)
    if (!running && (isHidden() || refresher.blockedBy())) return undefined
    const flight = running ?? refresher.start('expiring', audience)
    if (context.notReplayableReason !== 'one-shot-body') return undefined
    return joinFlight(context, flight).catch(error => {
      if (!isUnavailable(error)) throw error
      return ageOf(audience) === 'expired' ? decide(context) : undefined
    })
  }

  /** It is not known yet whether a user is signed in, and only the server can tell: ambient strategies. */
  async function restoreSession(context: RequestContext): Promise<void> {
    try {
      await joinFlight(context, refresher.start('restore'))
    } catch (error) {
      const { code, reason } = asError(error)
      const hasEnded = code === 'session-ended' && reason !== 'disposed'
      if (!hasEnded && !(context.auth === 'optional' && isUnavailable(error))) throw error
    }
    const { credentials, sessionId } = session.state
    if (credentials) context.sessionId = sessionId
    else context.isAnonymous = true
  }

  function decide(context: RequestContext): Promise<unknown> | undefined {
    const { credentials, sessionId, status } = session.state
    const isKeepalive = context.notReplayableReason === 'keepalive'
    if (status === 'unknown' && !isKeepalive) return restoreSession(context)
    // Begun while a login dialog is open: the form of the dialog must not wait for the dialog.
    context.isAnonymous = !credentials || login.reauthentication?.kind === 'login'
    if (credentials) context.sessionId ??= sessionId
    // Begun by one user: it must not be sent as another, or without one.
    if (context.sessionId !== null) assertSameSession(context)
    if (context.isAnonymous || isKeepalive) return undefined
    const audience = ports.strategy.audienceOf?.(urlOf(context).origin)
    const running = refresher.flightOf(audience)
    if (running?.blocksRequests) return joinFlight(context, running)
    const age = ageOf(audience)
    if (age === 'good') return undefined
    if (age === 'expiring') return refreshInBackground(context, audience)
    const block = running ? null : refresher.lastingBlock()
    if (block) return Promise.reject(new RefreshUnavailableError(block))
    return joinFlight(context, refresher.start('expired', audience))
  }

  return context => {
    const syncing = context.notReplayableReason === 'keepalive' ? undefined : ports.syncIfStale()
    return syncing ? sync(context, syncing) : decide(context)
  }
}
