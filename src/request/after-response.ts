import { RefreshUnavailableError, StepUpRequiredError, type StepUpRequirement } from '../errors.ts'
import { markNotReplayable, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isPromise } from '../platform/is-promise.ts'
import { isSameToken } from '../session/audience.ts'
import { accept, judgeResponse, mayAskShouldRefresh, refresh, type Verdict } from './judge-response.ts'
import { type PipelinePorts, routeOf, targetOf } from './pipeline-ports.ts'
import { type RequestContext, signalOf } from './request-context.ts'
import { emitCompleted, emitStep } from './request-log.ts'
import { createResponseView } from './response-view.ts'
import { assertSameSession, awaitReauthentication, awaitRefresh, waitFor } from './wait.ts'

const routeFor = (context: RequestContext) => routeOf(targetOf(context))

/** What went along with it, if anything did: of an origin that has tokens of its own, that one. */
function credentialsSentWith({ isAnonymous, sentWith, url }: RequestContext, { strategy }: PipelinePorts) {
  const credentials = isAnonymous ? null : sentWith?.credentials
  const audience = credentials && strategy.audienceOf?.(url.origin)
  return typeof audience === 'string' ? credentials?.audienceTokens?.[audience] : credentials
}

/** What becomes of an answer: it goes to the caller, or `null`: the request is to be sent again, now. */
export function afterResponse(
  context: RequestContext,
  response: Response,
  ports: PipelinePorts,
): Response | null | Promise<Response | null> {
  const { shouldRefresh } = ports
  const learned = context.learn?.(response)
  if (learned && !context.provedAnewFor.includes(learned)) {
    // Neither a refresh nor the replay: the token was not even looked at (RFC 9449 §9).
    context.provedAnewFor += learned
    return releaseForReplay(context, response) ? null : returnToCaller(context, response, ports, true)
  }
  const { status } = response
  // Nearly every answer there is.
  if (status !== 401 && (!shouldRefresh || context.isReplay)) return applyVerdict(context, response, ports, accept)
  const { origin } = context.url
  const verdict = judgeResponse(response, origin, ports.scheme.challenges)
  if (shouldRefresh && !context.isReplay && mayAskShouldRefresh(response, origin, verdict)) {
    return askShouldRefresh(context, response, ports, shouldRefresh)
  }
  return applyVerdict(context, response, ports, verdict)
}

async function askShouldRefresh(
  context: RequestContext,
  response: Response,
  ports: PipelinePorts,
  shouldRefresh: NonNullable<PipelinePorts['shouldRefresh']>,
): Promise<Response | null> {
  let decided: unknown
  try {
    const deciding = Promise.resolve(shouldRefresh(createResponseView(response, context.method, ports.clock)))
    decided = await unlessAborted(deciding, signalOf(context))
  } catch (error) {
    // A mistake in it is its caller's, who gets no answer then.
    releaseBody(response)
    throw error
  }
  return applyVerdict(context, response, ports, decided ? refresh : accept)
}

function returnToCaller(context: RequestContext, response: Response, ports: PipelinePorts, refused: boolean): Response {
  const { notReplayableReason } = context
  if (refused && notReplayableReason) markNotReplayable(response)
  emitCompleted(ports, context, response, refused ? notReplayableReason : null)
  return response
}

function applyVerdict(
  context: RequestContext,
  response: Response,
  ports: PipelinePorts,
  verdict: Verdict,
): Response | null | Promise<Response | null> {
  const { circuitBreaker } = ports
  const { status } = response
  const refused = verdict.kind !== 'accept'
  // `shouldRefresh` is not asked twice, but the same failure again is no help either.
  const useless = refused || (status >= 400 && status === context.rejectedResponse?.status)
  if (context.awaitedCredentials) circuitBreaker.noteReplay(routeFor(context), context.awaitedCredentials, useless)
  if (!refused) {
    const token = credentialsSentWith(context, ports)
    if (status !== 401 && !useless && circuitBreaker.isWorthNoting(token))
      circuitBreaker.noteAccepted(routeFor(context), token)
    if (status < 400 && !context.isAnonymous) ports.login.noteAccepted(context)
    return returnToCaller(context, response, ports, false)
  }
  context.rejectedResponse = response
  emitStep(ports, context, { step: 'rejected', status })
  const goOn = (goesAgain: boolean) => {
    if (!goesAgain) return returnToCaller(context, response, ports, true)
    context.isReplay = true
    context.provedAnewFor = ''
    emitStep(ports, context, { step: 'replayed' })
    return null
  }
  if (context.isReplay) return goOn(false)
  const goesAgain = (verdict.kind === 'step-up' ? stepUpAndReplay : renewAndReplay)(context, response, ports, verdict)
  return isPromise(goesAgain) ? goesAgain.then(goOn) : goOn(goesAgain)
}

/** A rejected request: with newer credentials, if they can be had, it is sent again. Rejects if they should be there but are not. */
function renewAndReplay(context: RequestContext, response: Response, ports: PipelinePorts): boolean | Promise<boolean> {
  const { session, refresher, circuitBreaker, ageOf, canRefresh } = ports
  if (context.isAnonymous) return awaitLogin(context, response, ports)
  const left = sentStateIfCurrent(context, ports)
  if (!left) return false
  const { audienceOf } = ports.strategy
  const audience = audienceOf?.(context.url.origin)
  const expired = ageOf(audience) === 'expired'
  // A late 401, for a token that has since been replaced: no refresh, unless the newer one will not do by now either.
  const running = refresher.flightOf(audience)
  const mustWait = expired || running?.blocksRequests || ports.login.reauthentication?.kind === 'login'
  const isReplaced = !isSameToken(session.state, left, { audienceOf, audience })
  if (isReplaced && !mustWait) return releaseForReplay(context, response)
  if (!running && canRefresh()) {
    if (!circuitBreaker.allowsRefresh(routeFor(context), expired) || circuitBreaker.openForMs())
      return returnUnrefreshed(context, ports)
    const outage = refresher.lastingBlock()
    if (outage && releaseForReplay(context, response)) throw new RefreshUnavailableError(outage)
    if (outage) return false
  }
  ports.login.noteRequest(targetOf(context))
  const flight = refresher.start('rejected', audience)
  // It cannot be sent again, but what comes after it should find a better token.
  if (!releaseForReplay(context, response)) return false
  return awaitRefresh(ports, flight, context)
}

/** Whether it can be sent again; if so the rejected answer is let go, so that it holds no connection while others wait. */
function releaseForReplay(context: RequestContext, response: Response): boolean {
  if (context.notReplayableReason) return false
  releaseBody(response)
  return true
}

/** Before a person is asked: who is signed in is known only by what was just read. By now it may be another tab's login. */
async function syncStore(context: RequestContext, ports: PipelinePorts): Promise<void> {
  const stale = ports.isDisposed() ? undefined : ports.syncIfStale()
  if (stale) await waitFor(stale, 'store', context, ports)
}

/** Sent without credentials, since nobody was signed in (or a dialog was open), and rejected: it goes on after the login that it waits for. */
async function awaitLogin(context: RequestContext, response: Response, ports: PipelinePorts): Promise<boolean> {
  const { session, login: loginPort } = ports
  const isNobodys = context.sessionId === null
  if (isNobodys && context.auth === 'optional') return false
  await syncStore(context, ports)
  const { state } = session
  const goesOn = isNobodys ? !state.credentials && state.status !== 'unknown' : state.sessionId === context.sessionId
  // Somebody came since, or whose it was has left: what was begun before is not theirs, and no reason to ask anybody.
  if (!goesOn) return false
  if (isNobodys || loginPort.reauthentication?.kind === 'login') {
    if (context.auth === 'optional') return false
    const asking = loginPort.reauthentication ?? loginPort.notSignedIn(targetOf(context))
    if (!asking || context.notReplayableReason) return false
    if (!(await awaitReauthentication(ports, asking, context))) return false
    context.sessionId ??= asking.sessionId
    assertSameSession(ports, context)
  }
  context.isAnonymous = false
  return releaseForReplay(context, response)
}

const warned = new WeakSet<PipelinePorts>()

/** What it was sent with, if that session goes on: a late 401 of an older one is nobody's business any more. */
function sentStateIfCurrent({ sentWith }: RequestContext, { session: { state } }: PipelinePorts) {
  return state.credentials && sentWith?.sessionId === state.sessionId ? sentWith : null
}

/** Refreshes have not helped lately. Once for each client it is said aloud: what the app sees of it is a plain 401. */
function returnUnrefreshed(context: RequestContext, ports: PipelinePorts): false {
  context.notRefreshed = 'circuit-open'
  if (!warned.has(ports))
    console.warn(`latchkey: refreshed tokens are refused too, see \`limits\`: ${routeFor(context)}`)
  warned.add(ports)
  return false
}

/** RFC 9470: the same person has to authenticate better, or more recently. Without anybody to ask, the 401 is the caller's. */
async function stepUpAndReplay(
  context: RequestContext,
  response: Response,
  ports: PipelinePorts,
  verdict: Verdict,
): Promise<boolean> {
  const { requirement } = verdict as { readonly requirement: StepUpRequirement }
  await syncStore(context, ports)
  const left = context.isAnonymous || context.notReplayableReason ? null : sentStateIfCurrent(context, ports)
  const asking = left && ports.login.stepUp(requirement, left.generation)
  if (!asking) return false
  const signedIn = await awaitReauthentication(ports, asking, context)
  assertSameSession(ports, context)
  if (!signedIn) throw new StepUpRequiredError(requirement, response)
  return releaseForReplay(context, response)
}
