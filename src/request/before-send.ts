import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { isHidden } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import { type PipelinePorts, targetOf } from './pipeline-ports.ts'
import type { RequestContext } from './request-context.ts'
import { assertSameSession, awaitRefresh, waitFor } from './wait.ts'

/**
 * What a request waits for before it is sent: the table of token states (docs/architecture). `undefined`: nothing, so that
 * a request with a good token costs no promise. Rejects if it is not to be sent.
 */
export function beforeSend(context: RequestContext, ports: PipelinePorts): Promise<unknown> | undefined {
  const stale = context.notReplayableReason === 'keepalive' ? undefined : ports.syncIfStale()
  return stale ? decideWhenSynced(context, ports, stale) : decide(context, ports)
}

async function decideWhenSynced(context: RequestContext, ports: PipelinePorts, stale: Promise<void>): Promise<void> {
  const { credentials, sessionId } = ports.session.state
  if (credentials) context.sessionId ??= sessionId
  await waitFor(stale, 'store', context, ports)
  if (ports.isDisposed()) throw new SessionEndedError('disposed')
  await decide(context, ports)
}

function decide(context: RequestContext, ports: PipelinePorts): Promise<unknown> | undefined {
  const { session, refresher, login, ageOf } = ports
  const { state } = session
  if (state.status === 'unknown' && context.notReplayableReason !== 'keepalive') return restoreSession(context, ports)
  // Begun while a dialog is open: the dialog's own form must not wait for itself.
  context.isAnonymous = !state.credentials || login.reauthentication?.kind === 'login'
  if (state.credentials) context.sessionId ??= state.sessionId
  // Asked for by one person, and by now it would be sent as another, or as nobody.
  if (context.sessionId !== null) assertSameSession(ports, context)
  if (context.isAnonymous || context.notReplayableReason === 'keepalive') return undefined
  const audience = ports.strategy.audienceOf?.(context.url.origin)
  const flight = refresher.flightOf(audience)
  const age = ageOf(audience)
  if (flight?.blocksRequests) return joinFlight(context, ports, flight)
  if (age === 'good') return undefined
  if (age === 'expiring') return renewInBackground(context, ports, flight, audience)
  const outage = flight ? null : refresher.lastingBlock()
  if (outage) return Promise.reject(new RefreshUnavailableError(outage))
  return joinFlight(context, ports, refresher.start('expired', audience))
}

function joinFlight(context: RequestContext, ports: PipelinePorts, flight: Flight): Promise<unknown> {
  ports.login.noteRequest(targetOf(context))
  return awaitRefresh(ports, flight, context)
}

/** An expiring token is used while it is renewed; only a body that can be sent but once waits for the better one. */
function renewInBackground(
  context: RequestContext,
  ports: PipelinePorts,
  running: Flight | null,
  audience: string | undefined,
): Promise<unknown> | undefined {
  const { refresher } = ports
  if (!running && (isHidden() || refresher.blockedBy())) return undefined
  const flight = running ?? refresher.start('expiring', audience)
  if (context.notReplayableReason !== 'one-shot-body') return undefined
  return joinFlight(context, ports, flight).catch(error => {
    if (!isUnavailable(error)) throw error
  })
}

const isUnavailable = (error: unknown) => (error as Partial<RefreshUnavailableError>).code === 'refresh-unavailable'

/** Nobody knows yet whether anybody is signed in, and only the server can tell: ambient strategies. */
async function restoreSession(context: RequestContext, ports: PipelinePorts): Promise<void> {
  try {
    await joinFlight(context, ports, ports.refresher.start('restore'))
  } catch (error) {
    const { code, reason } = error as Partial<SessionEndedError>
    const ended = code === 'session-ended' && reason !== 'disposed'
    if (!ended && !(context.auth === 'optional' && isUnavailable(error))) throw error
  }
  const { credentials, sessionId } = ports.session.state
  if (credentials) context.sessionId = sessionId
  else context.isAnonymous = true
}
