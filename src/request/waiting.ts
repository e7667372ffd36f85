import { RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isOffline } from '../platform/page.ts'
import type { Flight } from '../refresh/flight.ts'
import { type Journey, signalOf } from './journey.ts'
import { type Asking, type SpinePorts, tellStep } from './spine-ports.ts'

/** Who waits for a refresh, or for the person: a request, or a call of the session's own that belongs to `session`. */
export type Waiter = Journey | (Pick<Journey, 'session'> & Partial<Pick<Journey, 'refused' | 'waitedFor'>>)

type WaitingPorts = Pick<SpinePorts, 'session' | 'login'>

export function wait<Value>(
  promise: Promise<Value>,
  what: 'store' | 'refresh' | 'online' | Asking['kind'],
  waiter: Waiter,
  ports: Pick<SpinePorts, 'session'>,
): Promise<Value> {
  if (!('call' in waiter)) return promise
  tellStep(ports, waiter, { step: 'waiting', for: what })
  waiter.call.onWait?.()
  return unlessAborted(promise, signalOf(waiter))
}

/**
 * Waits until a flight has landed, and through the dialog that may follow it. Resolves if the waiter's own session goes on
 * with newer credentials. Each waiter gets an error of its own; but ten thousand may wait, so no frame of an async function.
 */
export function land(ports: WaitingPorts, flight: Flight, waiter: Waiter): Promise<true> {
  const landing = wait(flight.outcome, isOffline() ? 'online' : 'refresh', waiter, ports)
  return landing.then(outcome => {
    if (outcome.kind === 'unavailable') throw new RefreshUnavailableError(outcome)
    if (outcome.kind === 'disposed') throw new SessionEndedError('disposed', waiter.refused)
    const { asking } = ports.login
    if (outcome.kind !== 'rejected' || asking?.kind !== 'login') return arrive(ports, waiter)
    return sitOut(ports, asking, waiter).then(() => arrive(ports, waiter))
  })
}

function arrive(ports: WaitingPorts, waiter: Waiter): true {
  stay(ports, waiter)
  waiter.waitedFor = ports.session.state.credentials
  return true
}

/** Waits while the person is asked, without a deadline of ours. Answers whether somebody signed in. */
export async function sitOut(ports: WaitingPorts, asking: Asking, waiter: Waiter): Promise<boolean> {
  const answered = await wait(asking.answered, asking.kind, waiter, ports)
  if (answered === 'disposed') throw new SessionEndedError('disposed', waiter.refused)
  return answered === 'signed-in'
}

/** Who waited goes on only in the session that it began in: never as another person. */
export function stay({ session }: WaitingPorts, waiter: Waiter): void {
  const { state } = session
  const moved = waiter.session !== null && state.session !== waiter.session
  if (moved || !state.credentials) {
    throw new SessionEndedError(state.endReason ?? (state.credentials ? 'replaced' : 'not-signed-in'), waiter.refused)
  }
}
