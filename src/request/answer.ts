import { RefreshUnavailableError, StepUpRequiredError, type StepUpRequirement } from '../errors.ts'
import { drain, markNotReplayable } from '../http/replay.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isPromise } from '../platform/is-promise.ts'
import { isSameToken } from '../session/audience.ts'
import { createResponseView } from './answer-view.ts'
import { type Journey, signalOf } from './journey.ts'
import { accept, judgeResponse, mayBeAsked, refresh, type Verdict } from './judge-response.ts'
import { routeOf, type SpinePorts, targetOf, tellAnswered, tellStep } from './spine-ports.ts'
import { land, sitOut, stay, wait } from './waiting.ts'

const routeFor = (journey: Journey) => routeOf(targetOf(journey))

/** What went along with it, if anything did: of an origin that has tokens of its own, that one. */
function sentWith({ bare, left, url }: Journey, { strategy }: SpinePorts) {
  const credentials = bare ? null : left?.credentials
  const audience = credentials && strategy.audienceOf?.(url.origin)
  return typeof audience === 'string' ? credentials?.others?.[audience] : credentials
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
  const verdict = judgeResponse(response, origin, ports.scheme.challenges)
  if (shouldRefresh && !journey.replayed && mayBeAsked(response, origin, verdict)) {
    return ask(journey, response, ports, shouldRefresh)
  }
  return consider(journey, response, ports, verdict)
}

async function ask(
  journey: Journey,
  response: Response,
  ports: SpinePorts,
  shouldRefresh: NonNullable<SpinePorts['shouldRefresh']>,
): Promise<Response | null> {
  let decided: unknown
  try {
    const deciding = Promise.resolve(shouldRefresh(createResponseView(response, journey.method, ports.clock)))
    decided = await unlessAborted(deciding, signalOf(journey))
  } catch (error) {
    // A mistake in it is its caller's, who gets no answer then.
    drain(response)
    throw error
  }
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
  if (journey.waitedFor) breaker.replayed(routeFor(journey), journey.waitedFor, useless)
  if (!refused) {
    const token = sentWith(journey, ports)
    if (status !== 401 && !useless && breaker.isNews(token)) breaker.answered(routeFor(journey), token)
    if (status < 400 && !journey.bare) ports.login.accepted(journey)
    return hand(journey, response, ports, false)
  }
  journey.refused = response
  tellStep(ports, journey, { step: 'rejected', status })
  const goOn = (goesAgain: boolean) => {
    if (!goesAgain) return hand(journey, response, ports, true)
    journey.replayed = true
    journey.provedAnewFor = ''
    tellStep(ports, journey, { step: 'replayed' })
    return null
  }
  if (journey.replayed) return goOn(false)
  const goesAgain = (verdict.kind === 'step-up' ? stepUp : renew)(journey, response, ports, verdict)
  return isPromise(goesAgain) ? goesAgain.then(goOn) : goOn(goesAgain)
}

/** A refused request: with newer credentials, if they can be had, it is sent again. Rejects if they should be there but are not. */
function renew(journey: Journey, response: Response, ports: SpinePorts): boolean | Promise<boolean> {
  const { session, refresher, breaker, ageOf, canRefresh } = ports
  if (journey.bare) return login(journey, response, ports)
  const left = stillOf(journey, ports)
  if (!left) return false
  const { audienceOf } = ports.strategy
  const audience = audienceOf?.(journey.url.origin)
  const expired = ageOf(audience) === 'expired'
  // A late 401, for a token that has since been replaced: no exchange, unless the newer one will not do by now either.
  const running = refresher.flightOf(audience)
  const mustWait = expired || running?.blocks || ports.login.asking?.kind === 'login'
  const isReplaced = !isSameToken(session.state, left, audienceOf, audience)
  if (isReplaced && !mustWait) return goAgain(journey, response)
  if (!running && canRefresh()) {
    if (!breaker.allows(routeFor(journey), expired) || breaker.fullForMs()) return holdBack(journey, ports)
    const outage = refresher.outage()
    if (outage && goAgain(journey, response)) throw new RefreshUnavailableError(outage)
    if (outage) return false
  }
  ports.login.note(targetOf(journey))
  const flight = refresher.start('rejected', audience)
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

/** Before a person is asked: who is signed in is known only by what was just read. By now it may be another tab's login. */
async function lookAgain(journey: Journey, ports: SpinePorts): Promise<void> {
  const stale = ports.isOver() ? undefined : ports.fresh()
  if (stale) await wait(stale, 'store', journey, ports)
}

/** Sent bare, since nobody was signed in (or a dialog was open), and refused: it goes on after the login that it waits for. */
async function login(journey: Journey, response: Response, ports: SpinePorts): Promise<boolean> {
  const { session, login: loginPort } = ports
  const isNobodys = journey.session === null
  if (isNobodys && journey.auth === 'optional') return false
  await lookAgain(journey, ports)
  const { state } = session
  const goesOn = isNobodys ? !state.credentials && state.status !== 'unknown' : state.session === journey.session
  // Somebody came since, or whose it was has left: what was begun before is not theirs, and no reason to ask anybody.
  if (!goesOn) return false
  if (isNobodys || loginPort.asking?.kind === 'login') {
    if (journey.auth === 'optional') return false
    const asking = loginPort.asking ?? loginPort.notSignedIn(targetOf(journey))
    if (!asking || journey.once) return false
    if (!(await sitOut(ports, asking, journey))) return false
    journey.session ??= asking.session
    stay(ports, journey)
  }
  journey.bare = false
  return goAgain(journey, response)
}

const told = new WeakSet<SpinePorts>()

/** What it was sent with, if that session goes on: a late 401 of an older one is nobody's business any more. */
function stillOf({ left }: Journey, { session: { state } }: SpinePorts) {
  return state.credentials && left?.session === state.session ? left : null
}

/** Refreshes have not helped lately. Once for each client it is said aloud: what the app sees of it is a plain 401. */
function holdBack(journey: Journey, ports: SpinePorts): false {
  journey.notRefreshed = 'circuit-open'
  if (!told.has(ports)) console.warn(`latchkey: refreshed tokens are refused too, see \`limits\`: ${routeFor(journey)}`)
  told.add(ports)
  return false
}

/** RFC 9470: the same person has to authenticate better, or more recently. Without anybody to ask, the 401 is the caller's. */
async function stepUp(journey: Journey, response: Response, ports: SpinePorts, verdict: Verdict): Promise<boolean> {
  const { requirement } = verdict as { readonly requirement: StepUpRequirement }
  await lookAgain(journey, ports)
  const left = journey.bare || journey.once ? null : stillOf(journey, ports)
  const asking = left && ports.login.stepUp(requirement, left.generation)
  if (!asking) return false
  const signedIn = await sitOut(ports, asking, journey)
  stay(ports, journey)
  if (!signedIn) throw new StepUpRequiredError(requirement, response)
  return goAgain(journey, response)
}
