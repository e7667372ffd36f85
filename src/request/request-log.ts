import type { Outgoing } from '../schemes/scheme.ts'
import type { NoCredentialsReason, NotReplayableReason, RequestStepKind } from '../session/events.ts'
import { type PipelinePorts, type RequestIdentity, targetOf } from './pipeline-ports.ts'
import type { RequestContext } from './request-context.ts'

type StepPorts = Pick<PipelinePorts, 'session'>

const isHeard = ({ session }: StepPorts) => session.listenersOf('request').size > 0

/** Tells who listens (the inspector, a log) of one step; costs nothing while nobody does. */
export function emitStep(ports: StepPorts, context: RequestIdentity, step: RequestStepKind): void {
  if (isHeard(ports)) ports.session.emit('request', { id: context.id, ...targetOf(context), ...step })
}

/** One send of what may carry credentials. */
export function emitSent(
  ports: StepPorts & Pick<PipelinePorts, 'scheme'>,
  context: RequestContext,
  { headers }: Outgoing,
): void {
  if (context.isAnonymous) emitSentWithoutCredentials(ports, context, 'signed-out')
  else if (isHeard(ports))
    emitStep(ports, context, { step: 'sent', credentials: headers.has(ports.scheme.header) ? 'attached' : 'cookie' })
}

/** One send without credentials. */
export const emitSentWithoutCredentials = (
  ports: StepPorts,
  context: RequestIdentity,
  reason: NoCredentialsReason,
): void => emitStep(ports, context, { step: 'sent', credentials: 'none', reason })

/** The last step of most requests, made only if somebody listens. */
export function emitCompleted(
  ports: StepPorts,
  context: RequestContext,
  { status }: Response,
  notReplayable: NotReplayableReason | null,
): void {
  const { isReplay, notRefreshed } = context
  if (isHeard(ports))
    emitStep(ports, context, { step: 'completed', status, replayed: isReplay, notReplayable, notRefreshed })
}
