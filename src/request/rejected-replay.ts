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
export function createRecoverReplay(
  ports: PipelinePorts,
  { waitFor, awaitRefresh }: Pick<Waits, 'waitFor' | 'awaitRefresh'>,
): RecoverReplay {
  const { session, refresher, strategy, circuitBreaker } = ports

  /** `null`: there is no newer token, and no refresh under way. */
  async function findNewer(context: SentRequest): Promise<'here' | 'under way' | null> {
    const flightOf = () => refresher.flightOf(audienceFor(context, strategy))
    // The news of another tab's refresh may come later than the 401.
    const syncing = isReplaced(context, ports) || flightOf() ? undefined : ports.sync()
    if (syncing) await waitFor(syncing, context, 'store')
    if (!isOfCurrentSession(context, ports)) return null
    const running = flightOf()
    if (isReplaced(context, ports) && !running?.blocksRequests) return 'here'
    const isElsewhere = ports.isRefreshingElsewhere() && !refresher.lastingBlock()
    return running || isElsewhere ? 'under way' : null
  }

  return async (context, response) => {
    const { awaitedCredentials, isSecondReplay } = context
    const found = isSecondReplay ? null : await findNewer(context)
    if (!found) {
      if (awaitedCredentials) circuitBreaker.noteReplay(routeOf(targetOf(context)), awaitedCredentials, true)
      return false
    }
    releaseBody(response)
    context.awaitedCredentials = session.state.credentials
    return found === 'here' || awaitRefresh(refresher.start('rejected', audienceFor(context, strategy)), context)
  }
}
