import { RefreshUnavailableError, StepUpRequiredError, type StepUpRequirement } from '../errors.ts'
import { markNotReplayable, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isPromise } from '../platform/is-promise.ts'
import { decideRecovery } from './decide-recovery.ts'
import { accept, judgeResponse, mayAskShouldRefresh, refresh, type Verdict } from './judge-response.ts'
import { type PipelinePorts, routeOf, targetOf } from './pipeline-ports.ts'
import { createRecoverReplay } from './rejected-replay.ts'
import { type RequestContext, type SentRequest, signalOf, urlOf } from './request-context.ts'
import type { RequestLog } from './request-log.ts'
import { createResponseView } from './response-view.ts'
import { audienceFor, credentialsSentWith, isOfCurrentSession, isReplaced } from './sent-token.ts'
import type { Waits } from './wait.ts'

export type { SentRequest }

type MaybePromise<Value> = Value | Promise<Value>

/** Decides what follows from a response: it goes to the caller, or, with `null`, the request is to be sent again now. */
export type AfterResponse = (context: SentRequest, response: Response) => MaybePromise<Response | null>

const routeFor = (context: RequestContext) => routeOf(targetOf(context))

export function createAfterResponse(ports: PipelinePorts, log: RequestLog, waits: Waits): AfterResponse {
  const { session, refresher, circuitBreaker, strategy, login, shouldRefresh } = ports
  const { waitFor, assertSameSession, awaitReauthentication, awaitRefresh } = waits
  const recoverReplay = createRecoverReplay(ports, waits)
  let hasWarned = false

  /** `shouldRefresh` is not asked twice, but the same failure again shows that the refresh did not help. */
  function returnAccepted(context: SentRequest, response: Response, status: number): Response {
    const isSame = status === context.rejectedResponse?.status
    const isUseless = isSame && (status < 200 || status >= 300) // of a 200 it is not known
    if (context.awaitedCredentials) circuitBreaker.noteReplay(routeFor(context), context.awaitedCredentials, isUseless)
    const token = credentialsSentWith(context, strategy)
    if (status !== 401 && !isSame && circuitBreaker.isWorthNoting(token))
      circuitBreaker.noteAccepted(routeFor(context), token)
    if (status < 400 && !isUseless && !context.isAnonymous) login.noteAccepted(context)
    log.emitCompleted(context, response, null)
    return response
  }

  function returnRejected(context: RequestContext, response: Response): Response {
    const { notReplayableReason } = context
    if (notReplayableReason) markNotReplayable(response)
    log.emitCompleted(context, response, notReplayableReason)
    return response
  }

  /** Whether it can be sent again. If so, frees the connection of the rejected response: many may wait. */
  function releaseForReplay(context: RequestContext, response: Response): boolean {
    if (context.notReplayableReason) return false
    releaseBody(response)
    return true
  }

  async function decideBy(
    ask: NonNullable<typeof shouldRefresh>,
    context: SentRequest,
    response: Response,
  ): Promise<Response | null> {
    let decided: unknown
    try {
      const deciding = Promise.resolve(ask(createResponseView(response, context.method, ports.clock)))
      decided = await unlessAborted(deciding, signalOf(context))
    } catch (error) {
      // The caller gets the error of the app's function in place of the response.
      releaseBody(response)
      throw error
    }
    return applyVerdict(context, response, decided ? refresh : accept)
  }

  function applyVerdict(context: SentRequest, response: Response, verdict: Verdict): MaybePromise<Response | null> {
    const { status } = response
    if (verdict.kind === 'accept') return returnAccepted(context, response, status)
    const { awaitedCredentials, isReplay } = context
    if (awaitedCredentials && !isReplay) circuitBreaker.noteReplay(routeFor(context), awaitedCredentials, true)
    context.rejectedResponse = response
    log.emitStep(context, { step: 'rejected', status })
    const finish = (isSentAgain: boolean) => {
      if (!isSentAgain) return returnRejected(context, response)
      context.isSecondReplay = isReplay
      context.isReplay = true
      context.provedAnewFor = ''
      log.emitStep(context, { step: 'replayed' })
      return null
    }
    const recovering = recover(context, response, verdict)
    return isPromise(recovering) ? recovering.then(finish) : finish(recovering)
  }

  /** Whether the request is to be sent again, with newer credentials. Rejects if they should be there but are not. */
  function recover(context: SentRequest, response: Response, verdict: Verdict): MaybePromise<boolean> {
    if (context.isReplay) return recoverReplay(context, response)
    if ('requirement' in verdict) return stepUp(context, response, verdict.requirement)
    const audience = audienceFor(context, strategy)
    const isCurrent = isOfCurrentSession(context, ports)
    const running = refresher.flightOf(audience)
    const isExpired = ports.ageOf(audience) === 'expired'
    const block = refresher.lastingBlock()
    const recovery = decideRecovery({
      isAnonymous: context.isAnonymous,
      isCurrent,
      isReplaced: isCurrent && isReplaced(context, ports),
      mustWait: isExpired || running?.blocksRequests === true || login.reauthentication?.kind === 'login',
      isRefreshing: running !== null,
      canRefresh: ports.canRefresh(),
      isCircuitClosed: circuitBreaker.allowsRefresh(routeFor(context), isExpired) && !circuitBreaker.openForMs(),
      isBlocked: block !== null,
    })
    if (recovery === 'await-login') return awaitLogin(context, response)
    if (recovery === 'replay') return releaseForReplay(context, response)
    if (recovery === 'return-unrefreshed') warnUnrefreshed(context)
    if (recovery === 'fail' && releaseForReplay(context, response))
      throw new RefreshUnavailableError(block as NonNullable<typeof block>)
    if (recovery !== 'refresh') return false
    login.noteRequest(targetOf(context))
    // Also for a request that cannot be sent again: what comes after it should find a better token.
    const flight = refresher.start('rejected', audience)
    return releaseForReplay(context, response) && awaitRefresh(flight, context)
  }

  /** Refreshes have not helped lately. The app sees a plain 401, so the console says why, once for each client. */
  function warnUnrefreshed(context: RequestContext): void {
    context.notRefreshed = 'circuit-open'
    if (!hasWarned) console.warn(`latchkey: refreshed tokens are rejected too, see \`limits\`: ${routeFor(context)}`)
    hasWarned = true
  }

  /** Before the user is asked: only what was just read tells who is signed in. By now it may be another tab's login. */
  async function syncStore(context: RequestContext): Promise<void> {
    const syncing = ports.isDisposed() ? undefined : ports.syncIfStale()
    if (syncing) await waitFor(syncing, context, 'store')
  }

  /** It was sent without credentials and rejected: it continues after the login that it waits for. */
  async function awaitLogin(context: RequestContext, response: Response): Promise<boolean> {
    const isOfNoSession = context.sessionId === null
    if (isOfNoSession && context.auth === 'optional') return false
    await syncStore(context)
    const { credentials, status, sessionId } = session.state
    const goesOn = isOfNoSession ? !credentials && status !== 'unknown' : sessionId === context.sessionId
    // A user has signed in since, or its user has signed out: the request belongs to neither, so no login is asked for.
    if (!goesOn) return false
    if (isOfNoSession || login.reauthentication?.kind === 'login') {
      if (context.auth === 'optional') return false
      const reauthentication = login.reauthentication ?? login.notSignedIn(targetOf(context))
      if (!reauthentication || context.notReplayableReason) return false
      if (!(await awaitReauthentication(reauthentication, context))) return false
      context.sessionId ??= reauthentication.sessionId
      assertSameSession(context)
    }
    context.isAnonymous = false
    return releaseForReplay(context, response)
  }

  /** RFC 9470: the user has to authenticate better, or more recently. Without `reauthenticate` the caller gets the 401. */
  async function stepUp(context: SentRequest, response: Response, requirement: StepUpRequirement): Promise<boolean> {
    await syncStore(context)
    const mayAsk = !context.isAnonymous && !context.notReplayableReason && isOfCurrentSession(context, ports)
    const reauthentication = mayAsk && login.stepUp(requirement, context.sentWith.generation)
    if (!reauthentication) return false
    const hasSignedIn = await awaitReauthentication(reauthentication, context)
    assertSameSession(context)
    if (!hasSignedIn) throw new StepUpRequiredError(requirement, response)
    return releaseForReplay(context, response)
  }

  return (context, response) => {
    const learned = context.learn?.(response)
    if (learned && !context.provedAnewFor.includes(learned)) {
      // Neither a refresh nor the replay: the server did not even look at the token (RFC 9449 §9).
      context.provedAnewFor += learned
      return releaseForReplay(context, response) ? null : returnRejected(context, response)
    }
    const ask = context.isReplay ? undefined : shouldRefresh
    const { status } = response
    // Nearly every response.
    if (status !== 401 && !ask) return returnAccepted(context, response, status)
    const { origin } = urlOf(context)
    const verdict = judgeResponse(response, origin, ports.scheme.challenges)
    return ask && mayAskShouldRefresh(response, origin, verdict)
      ? decideBy(ask, context, response)
      : applyVerdict(context, response, verdict)
  }
}
