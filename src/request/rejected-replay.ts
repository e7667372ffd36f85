import { releaseBody } from '../http/bodies.ts'
import { newerTokenMs } from '../time/delays.ts'
import { createPauses } from '../time/wait.ts'
import { type PipelinePorts, routeOf, targetOf } from './pipeline-ports.ts'
import type { SentRequest } from './request-context.ts'
import { audienceFor, hasLostToken, isOfCurrentSession, isReplaced } from './sent-token.ts'
import type { Waits } from './wait.ts'

/** Resolves with whether a replay that was rejected is sent once more. If so, the connection of its response is free. */
export type RecoverReplay = (context: SentRequest, response: Response) => Promise<boolean>

/**
 * Some servers end an access token as soon as they issue the next one. If another request, or another tab, has refreshed while a
 * replay was under way, its 401 says nothing about the newer token.
 */
export function createRecoverReplay(ports: PipelinePorts, { waitFor }: Pick<Waits, 'waitFor'>): RecoverReplay {
  const { session, refresher, strategy, circuitBreaker, clock } = ports

  /** Whether a newer token is here, and may be sent. */
  function hasNewer(context: SentRequest): boolean {
    const isCurrent = isOfCurrentSession(context, ports) && !ports.isDisposed()
    if (!isCurrent || refresher.flightOf(audienceFor(context, strategy))?.blocksRequests) return false
    return isReplaced(context, ports) && !hasLostToken(context, ports)
  }

  /** What others have asked for, here or in another tab. Starts no refresh. */
  function awaitNewer(context: SentRequest): Promise<void> | undefined {
    const running = refresher.flightOf(audienceFor(context, strategy))
    // The news of another tab's refresh may come later than the 401.
    if (!running) return isReplaced(context, ports) ? undefined : ports.awaitRefreshElsewhere()
    const { pause, resume } = createPauses(clock)
    const waiting = pause(newerTokenMs)
    running.outcome.then(resume)
    return waiting
  }

  return async (context, response) => {
    const { awaitedCredentials, isSecondReplay } = context
    const waiting = isSecondReplay || hasNewer(context) ? undefined : awaitNewer(context)
    if (waiting) await waitFor(waiting, context, 'refresh')
    if (!isSecondReplay && hasNewer(context)) {
      releaseBody(response)
      context.awaitedCredentials = session.state.credentials
      return true
    }
    if (awaitedCredentials) circuitBreaker.noteReplay(routeOf(targetOf(context)), awaitedCredentials, true)
    return false
  }
}
