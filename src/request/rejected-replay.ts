import { releaseBody } from '../http/bodies.ts'
import { type PipelinePorts, routeOf, targetOf } from './pipeline-ports.ts'
import type { SentRequest } from './request-context.ts'
import { audienceFor, isOfCurrentSession, isReplaced } from './sent-token.ts'
import type { Waits } from './wait.ts'

/** Resolves with whether a replay that was rejected is sent once more. If so, the connection of its response is free. */
export type RecoverReplay = (context: SentRequest, response: Response) => Promise<boolean>

/**
 * Some servers end an access token as soon as they issue the next one. If another request, or another tab, has refreshed while a
 * replay was under way, its 401 says nothing about the newer token.
 */
export function createRecoverReplay(ports: PipelinePorts, { waitFor }: Pick<Waits, 'waitFor'>): RecoverReplay {
  const { session, refresher, strategy, circuitBreaker } = ports

  /** Starts no refresh: only waits for one that others have asked for. */
  async function hasNewer(context: SentRequest): Promise<boolean> {
    const running = refresher.flightOf(audienceFor(context, strategy))
    if (running && (running.blocksRequests || !isReplaced(context, ports))) {
      const { kind } = await waitFor(running.outcome, context, 'refresh')
      if (kind === 'unavailable') return false
    } else if (!isReplaced(context, ports)) {
      // The news of another tab's refresh may come later than the 401.
      const looking = ports.awaitRefreshElsewhere()
      if (looking) await waitFor(looking, context, 'store')
    }
    return isOfCurrentSession(context, ports) && isReplaced(context, ports)
  }

  return async (context, response) => {
    const { awaitedCredentials, isSecondReplay } = context
    if (!isSecondReplay && (await hasNewer(context))) {
      releaseBody(response)
      context.awaitedCredentials = session.state.credentials
      return true
    }
    if (awaitedCredentials) circuitBreaker.noteReplay(routeOf(targetOf(context)), awaitedCredentials, true)
    return false
  }
}
