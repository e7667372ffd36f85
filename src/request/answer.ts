import { RefreshUnavailableError, StepUpRequiredError, type StepUpRequirement } from '../errors.ts'
import { drain, markNotReplayable } from '../http/replay.ts'
import { isSameToken } from '../session/audience.ts'
import { createAnswerView } from './answer-view.ts'
import type { Journey } from './journey.ts'
import { accept, judgeResponse, mayBeAsked, refresh, type Verdict } from './judge-response.ts'
import { askedFor, type SpinePorts, tellAnswered, tellStep } from './spine-ports.ts'
import { land, sitOut, stay } from './waiting.ts'

function routeOf(journey: Journey): string {
  const { method, url } = askedFor(journey)
  return `${method} ${url}`
}

/** What becomes of an answer: it goes to the caller, or `null`: the request is to be sent again, now. */
export function answer(
  journey: Journey,
  response: Response,
  ports: SpinePorts,
): Response | null | Promise<Response | null> {
  const { shouldRefresh } = ports
  const learned = journey.learn?.(response)
  if (learned && !journey.provedAnewFor.includes(learned)) {
    // Neither a refresh nor the replay: the token was not even looked at (RFC 9449 §9).
    journey.provedAnewFor += learned
    return goAgain(journey, response) ? null : hand(journey, response, ports, true)
  }
  const { status } = response
  // Nearly every answer there is.
  if (status !== 401 && (!shouldRefresh || journey.replayed)) return consider(journey, response, ports, accept)
  const { origin } = journey.url
  if (shouldRefresh && mayBeAsked(response, origin)) return ask(journey, response, ports, shouldRefresh)
  return consider(journey, response, ports, judgeResponse(response, origin, ports.scheme.challenges))
}

async function ask(
  journey: Journey,
  response: Response,
  ports: SpinePorts,
  shouldRefresh: NonNullable<SpinePorts['shouldRefresh']>,
): Promise<Response | null> {
  const decided = await shouldRefresh(createAnswerView(response, journey.method))
  return consider(journey, response, ports, decided ? refresh : accept)
}

function hand(journey: Journey, response: Response, ports: SpinePorts, refused: boolean): Response {
  const { once } = journey
  if (refused && once) markNotReplayable(response)
  tellAnswered(ports, journey, response, refused ? once : null)
  return response
}

function consider(
  journey: Journey,
  response: Response,
  ports: SpinePorts,
  verdict: Verdict,
): Response | null | Promise<Response | null> {
  const { breaker } = ports
  const { status } = response
  const refused = verdict.kind !== 'accept'
  // `shouldRefresh` is not asked twice, but the same failure again is no help either.
  const useless = refused || (status >= 400 && status === journey.refused?.status)
  if (journey.waitedFor) breaker.replayed(routeOf(journey), journey.waitedFor, useless)
  if (!refused) {
    if (status !== 401 && !useless && breaker.counts) breaker.answered(routeOf(journey))
    return hand(journey, response, ports, false)
  }
  journey.refused = response
  tellStep(ports, journey, { step: 'refused', status })
  const goOn = (goesAgain: boolean) => {
    if (!goesAgain) return hand(journey, response, ports, true)
    journey.replayed = true
    journey.provedAnewFor = ''
    tellStep(ports, journey, { step: 'replayed' })
    return null
  }
  if (journey.replayed) return goOn(false)
  const goesAgain = (verdict.kind === 'step-up' ? stepUp : renew)(journey, response, ports, verdict)
  return goesAgain instanceof Promise ? goesAgain.then(goOn) : goOn(goesAgain)
}

/** A refused request: with newer credentials, if they can be had, it is sent again. Rejects if they should be there but are not. */
function renew(journey: Journey, response: Response, ports: SpinePorts): boolean | Promise<boolean> {
  const { session, refresher, breaker, ageOf, canRefresh } = ports
  const { state } = session
  const { left } = journey
  if (journey.session === null) return login(journey, response, ports)
  // A late 401 of an older session is nobody's business any more.
  if (state.session !== left?.session || !left?.credentials || !state.credentials) return false
  const { audienceOf } = ports.strategy
  const audience = audienceOf?.(journey.url.origin)
  const expired = ageOf(audience) === 'expired'
  // A late 401, for a token that has since been replaced: no exchange, unless the newer one will not do by now either.
  const running = refresher.flightOf(audience)
  const mustWait = expired || running?.blocks || ports.login.asking?.kind === 'login'
  const isReplaced = !isSameToken(state.credentials, left.credentials, audienceOf, audience)
  if (isReplaced && !mustWait) return goAgain(journey, response)
  if (!running && canRefresh()) {
    if (!breaker.allows(routeOf(journey), expired) || breaker.fullForMs()) return false
    const hindrance = refresher.hindrance()
    if (hindrance && !goAgain(journey, response)) return false
    if (hindrance) throw new RefreshUnavailableError(hindrance)
  }
  ports.login.note(askedFor(journey))
  const flight = refresher.start('refused', audience)
  // It cannot be sent again, but what comes after it should find a better token.
  if (!goAgain(journey, response)) return false
  return land(ports, flight, journey)
}

/** Whether it can be sent again; if so the refused answer is let go, so that it holds no connection while others wait. */
function goAgain(journey: Journey, response: Response): boolean {
  if (journey.once) return false
  drain(response)
  return true
}

/** Sent bare, since nobody was signed in (or a dialog was open), and refused. */
async function login(journey: Journey, response: Response, ports: SpinePorts): Promise<boolean> {
  const { session, login: loginPort } = ports
  const { state } = session
  const signedInSince = state.credentials && !loginPort.asking
  if (!signedInSince) {
    if (journey.auth === 'optional') return false
    const asking = loginPort.asking ?? loginPort.notSignedIn(askedFor(journey))
    if (!asking || journey.once) return false
    // If it went out bare under somebody's open dialog, it is not to be another's then.
    journey.session = state.credentials && state.session
    if (!(await sitOut(ports, asking, journey))) return false
    stay(ports, journey)
  }
  journey.session = session.state.session
  return goAgain(journey, response)
}

/** RFC 9470: the same person has to authenticate better, or more recently. Without anybody to ask, the 401 is the caller's. */
async function stepUp(journey: Journey, response: Response, ports: SpinePorts, verdict: Verdict): Promise<boolean> {
  const { requirement } = verdict as { readonly requirement: StepUpRequirement }
  const { state } = ports.session
  const { left } = journey
  // A late 401 of an older session is nobody's business any more.
  if (journey.session === null || journey.once || state.session !== left?.session || !state.credentials) return false
  const asking = ports.login.stepUp(requirement, left.generation)
  if (!asking) return false
  const signedIn = await sitOut(ports, asking, journey)
  stay(ports, journey)
  if (!signedIn) throw new StepUpRequiredError(requirement, response)
  return goAgain(journey, response)
}
