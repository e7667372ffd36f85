import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isOffline } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import type { PipelinePorts, Reauthentication } from './pipeline-ports.ts'
import { type RequestContext, signalOf } from './request-context.ts'
import { emitStep } from './request-log.ts'

/** Who waits for a refresh, or for the person: a request, or a call of the session's own that belongs to `session`. */
export type Waiter =
  | RequestContext
  | (Pick<RequestContext, 'sessionId'> & Partial<Pick<RequestContext, 'rejectedResponse' | 'awaitedCredentials'>>)

type WaitPorts = Pick<PipelinePorts, 'session' | 'login'>

export function waitFor<Value>(
  promise: Promise<Value>,
  what: 'store' | 'refresh' | 'online' | Reauthentication['kind'],
  waiter: Waiter,
  ports: Pick<PipelinePorts, 'session'>,
): Promise<Value> {
  if (!('adapter' in waiter)) return promise
  emitStep(ports, waiter, { step: 'waiting', for: what })
  waiter.adapter.onWait?.()
  return unlessAborted(promise, signalOf(waiter))
}

/**
 * Waits until a flight has landed, and through the dialog that may follow it. Resolves if the waiter's own session goes on
 * with newer credentials. Each waiter gets an error of its own; but ten thousand may wait, so no frame of an async function.
 */
export function awaitRefresh(ports: WaitPorts, flight: Flight, waiter: Waiter): Promise<true> {
  const landing = waitFor(flight.outcome, isOffline() ? 'online' : 'refresh', waiter, ports)
  return landing.then(outcome => {
    if (outcome.kind === 'unavailable') throw new RefreshUnavailableError(outcome)
    if (outcome.kind === 'disposed') throw new SessionEndedError('disposed', waiter.rejectedResponse)
    const { reauthentication } = ports.login
    if (outcome.kind !== 'rejected' || reauthentication?.kind !== 'login') return resumeWaiter(ports, waiter)
    return awaitReauthentication(ports, reauthentication, waiter).then(() => resumeWaiter(ports, waiter))
  })
}

function resumeWaiter(ports: WaitPorts, waiter: Waiter): true {
  assertSameSession(ports, waiter)
  waiter.awaitedCredentials = ports.session.state.credentials
  return true
}

/** Waits while the person is asked, without a deadline of ours. Answers whether somebody signed in. */
export async function awaitReauthentication(
  ports: WaitPorts,
  asking: Reauthentication,
  waiter: Waiter,
): Promise<boolean> {
  const answered = await waitFor(asking.outcome, asking.kind, waiter, ports)
  if (answered === 'disposed') throw new SessionEndedError('disposed', waiter.rejectedResponse)
  return answered === 'signed-in'
}

/** Who waited goes on only in the session that it began in: never as another person. */
export function assertSameSession({ session }: WaitPorts, waiter: Waiter): void {
  const { state } = session
  const moved = waiter.sessionId !== null && state.sessionId !== waiter.sessionId
  if (moved || !state.credentials) {
    throw new SessionEndedError(
      state.endReason ?? (state.credentials ? 'replaced' : 'not-signed-in'),
      waiter.rejectedResponse,
    )
  }
}
