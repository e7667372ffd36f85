import { hasHeader } from '../http/sent-headers.ts'
import type { Outgoing } from '../schemes/scheme.ts'
import type { NotReplayableReason, RequestStepKind } from '../session/events.ts'
import { type PipelinePorts, type RequestIdentity, targetOf } from './pipeline-ports.ts'
import type { RequestContext } from './request-context.ts'

/** Emits the steps of a request as `request` events. Makes none while nothing listens (an inspector, a log). */
export interface RequestLog {
  emitStep(request: RequestIdentity, step: RequestStepKind): void
  /** One send that may carry credentials. */
  emitSent(context: RequestContext, outgoing: Outgoing): void
  /** The last step of most requests. */
  emitCompleted(context: RequestContext, response: Response, notReplayable: NotReplayableReason | null): void
}

export function createRequestLog({ session, scheme }: Pick<PipelinePorts, 'session' | 'scheme'>): RequestLog {
  const listeners = session.listenersOf('request')
  const isHeard = () => listeners.size > 0
  function emitStep(request: RequestIdentity, step: RequestStepKind): void {
    if (isHeard()) session.emit('request', { id: request.id, ...targetOf(request), ...step })
  }
  return {
    emitStep,
    emitSent(context, { headers }) {
      if (!isHeard()) return
      if (context.isAnonymous) emitStep(context, { step: 'sent', credentials: 'none', reason: 'signed-out' })
      else emitStep(context, { step: 'sent', credentials: hasHeader(headers, scheme.header) ? 'attached' : 'cookie' })
    },
    emitCompleted(context, response, notReplayable) {
      if (!isHeard()) return
      const { isReplay, notRefreshed } = context
      const { status } = response
      emitStep(context, { step: 'completed', status, replayed: isReplay, notReplayable, notRefreshed })
    },
  }
}
