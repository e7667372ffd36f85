import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isOffline } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import type { LoginPort, PipelinePorts, Reauthentication } from './pipeline-ports.ts'
import { type RequestContext, signalOf } from './request-context.ts'
import type { RequestLog } from './request-log.ts'

/** A request that waits for a refresh or for the user, or a call of the session API that belongs to `sessionId`. */
export type Waiter =
  | RequestContext
  | (Pick<RequestContext, 'sessionId'> & Partial<Pick<RequestContext, 'rejectedResponse' | 'awaitedCredentials'>>)

export interface Waits {
  /** Ends early when the waiter's signal aborts. `what`: for the log. */
  waitFor<Value>(
    promise: Promise<Value>,
    waiter: Waiter,
    what: 'store' | 'refresh' | 'online' | Reauthentication['kind'],
  ): Promise<Value>
  /** Waits for a refresh, and for the dialog that may follow it. Resolves if the waiter's own session has newer credentials. */
  awaitRefresh(flight: Flight, waiter: Waiter): Promise<true>
  /** Waits while the user is asked, without a deadline. Resolves with whether a user signed in. */
  awaitReauthentication(reauthentication: Reauthentication, waiter: Waiter): Promise<boolean>
  /** A waiter continues only in the session in which it began, never as another user. @throws SessionEndedError */
  assertSameSession(waiter: Waiter): void
}

export interface WaitPorts extends Pick<PipelinePorts, 'session' | 'isDisposed'> {
  readonly login: Pick<LoginPort, 'reauthentication'>
  readonly log: RequestLog
}

export function createWaits({ session, login, log, isDisposed }: WaitPorts): Waits {
  const waitFor: Waits['waitFor'] = (promise, waiter, what) => {
    if (!('adapter' in waiter)) return promise
    log.emitStep(waiter, { step: 'waiting', for: what })
    waiter.adapter.onWait?.()
    return unlessAborted(promise, signalOf(waiter))
  }

  function assertSameSession(waiter: Waiter): void {
    const { sessionId, credentials, endReason } = session.state
    const isMoved = waiter.sessionId !== null && sessionId !== waiter.sessionId
    if (credentials && !isMoved) return
    throw new SessionEndedError(endReason ?? (credentials ? 'replaced' : 'not-signed-in'), waiter.rejectedResponse)
  }

  function resume(waiter: Waiter): true {
    assertSameSession(waiter)
    waiter.awaitedCredentials = session.state.credentials
    return true
  }

  async function awaitReauthentication(reauthentication: Reauthentication, waiter: Waiter): Promise<boolean> {
    const outcome = await waitFor(reauthentication.outcome, waiter, reauthentication.kind)
    if (outcome === 'disposed') throw new SessionEndedError('disposed', waiter.rejectedResponse)
    return outcome === 'signed-in'
  }

  return {
    waitFor,
    assertSameSession,
    awaitReauthentication,
    // Each waiter gets an error of its own. Ten thousand may wait: no frame of an async function for each.
    awaitRefresh: (flight, waiter) =>
      waitFor(flight.outcome, waiter, isOffline() ? 'online' : 'refresh').then(outcome => {
        if (outcome.kind === 'unavailable') throw new RefreshUnavailableError(outcome)
        const isRejected = outcome.kind === 'rejected'
        // The dialog may be gone already: `dispose` was called as it opened.
        if (outcome.kind === 'disposed' || (isRejected && isDisposed()))
          throw new SessionEndedError('disposed', waiter.rejectedResponse)
        const { reauthentication } = login
        if (!isRejected || reauthentication?.kind !== 'login') return resume(waiter)
        return awaitReauthentication(reauthentication, waiter).then(() => resume(waiter))
      }),
  }
}
