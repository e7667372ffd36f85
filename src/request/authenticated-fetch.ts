import { drain, snapshot } from '../http/replay.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isRequest, isSentBy, markSent, pageFetch, readAsked } from '../platform/fetch.ts'
import { isPromise } from '../platform/is-promise.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import { forAudience } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import { answer } from './answer.ts'
import {
  type Call,
  createJourney,
  type FetchInit,
  type Journey,
  keepCopy,
  mayHaveBody,
  replayInit,
  sendInit,
  signalOf,
} from './journey.ts'
import { prepare } from './prepare.ts'
import { type SpinePorts, tellAnswered, tellBare, tellSent, tellStep } from './spine-ports.ts'
import { stay, wait } from './waiting.ts'

/** `fetch`, signed in, with what the form round it knows. */
export type Spine = (input: RequestInfo | URL, init: FetchInit | undefined, call: Call) => Promise<Response>

/** Whether `fetch` will refuse a call for its signal: it has aborted, or is none. */
const isForFetch = (signal: AbortSignal | null | undefined) => signal && (signal.aborted || !signal.addEventListener)

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createAuthenticatedFetch(ports: SpinePorts): Spine {
  const { scheme, session, strategy, mark } = ports

  /** The network under wrappers round this client's own `fetch`. */
  const below = pageFetch()

  function whyBare({ url, auth, init, request }: Journey): NoCredentialsReason | null {
    if (!ports.trusted().has(url)) return 'untrusted-origin'
    if (auth === false || ports.exchanging()) return 'auth-false'
    // The platform would take the header off in silence (Fetch, guard "request-no-cors").
    if (readAsked(init, request, 'mode') === 'no-cors') return 'no-cors'
    return init.headers?.has(scheme.header) ? 'own-authorization' : null
  }

  /** As the caller wrote it. */
  const sendUntouched = ({ call: { transport }, input, init }: Journey, given: RequestInit = { ...init }) =>
    transport(input, markSent(given, mark))

  async function sendBare(journey: Journey, why: NoCredentialsReason): Promise<Response> {
    const { init, once } = journey
    const isJudged = isForFetch(signalOf(journey))
    // Perhaps a login: the answer to a refresh or a sign-out that is under way would change its cookie.
    const mayBeLogin = why === 'auth-false' && once !== 'keepalive' && mayHaveBody(journey) && !isJudged
    const busy = mayBeLogin && ports.underWay?.()
    if (busy && init.body) init.body = snapshot(init.body)
    if (busy) await wait(busy, 'refresh', journey, ports)
    tellBare(ports, journey, why)
    const renewed = ports.sendHeaders && (why === 'auth-false' || why === 'own-authorization') && sendInit(journey)
    if (renewed) renewHeaders(renewed.headers)
    const response = await sendUntouched(journey, renewed || undefined)
    tellAnswered(ports, journey, response, null)
    return response
  }

  function renewHeaders(headers: Headers): void {
    if (ports.sendHeaders) for (const [name, value] of new Headers(ports.sendHeaders())) headers.set(name, value)
  }

  const ownOf = ({ url }: Journey): Credentials | null => {
    const { credentials } = session.state
    return credentials && forAudience(credentials, strategy.audienceOf?.(url.origin))
  }

  /** What the session holds now goes along; a promise where that takes a proof. */
  function equip(journey: Journey, outgoing: Outgoing): Promise<Learn | undefined> | undefined {
    journey.left = session.state
    renewHeaders(outgoing.headers)
    if (!journey.bare) {
      stay(ports, journey)
      const own = ownOf(journey)
      if (own?.accessToken) return scheme.attach(outgoing, own, journey)
    }
    // In a replay it would be the refused token still: the session has none now, or a dialog is open.
    outgoing.headers.delete(scheme.header)
    return undefined
  }

  function send(journey: Journey, outgoing: Outgoing): Promise<Response> {
    const { transport } = journey.call
    tellSent(ports, journey, outgoing)
    const source = journey.copy ?? journey.request
    keepCopy(journey)
    markSent(outgoing, mark)
    if (!source || outgoing.body == null || journey.init.body != null)
      return transport(source ?? journey.input, outgoing)
    // In the shape of the first send: what a native shell puts in place of `fetch` may read the two differently.
    const whole = new Request(source, outgoing)
    const { body: _, ...rest } = outgoing
    return transport(whole, { ...rest, headers: whole.headers })
  }

  // One async function for all of it: each would cost every request a promise, and ten thousand who wait a frame each.
  return async function travel(given, init, call) {
    // Called without a receiver, here and below: the browser's own takes no other.
    const isDictionary = init == null || Object(init) === init
    if (!isDictionary || isSentBy(mark, given, init)) return below(given, init)
    const input = isRequest(given) ? given : `${given}`
    const journey = createJourney(call.id ?? ports.nextId(), input, init, call)
    // What is no URL is `fetch`'s to complain about.
    if (!journey) return call.transport(input, markSent({ ...init }, mark))
    const bare = whyBare(journey)
    try {
      if (bare) return await sendBare(journey, bare)
      // `fetch` judges its arguments first, and uses a Request up all the same; but it sends nothing.
      if (isForFetch(signalOf(journey))) return await sendUntouched(journey)
      if (journey.init.body) journey.init.body = snapshot(journey.init.body)
      for (;;) {
        // A person who was waited for brings one audience's token, and none to a tab that shares no tokens with theirs.
        for (let seen = journey.left; seen !== session.state && (!seen || ownOf(journey)?.lifetimeMs === 0); ) {
          seen = session.state
          const waiting = prepare(journey, ports)
          if (!waiting) break
          await waiting
        }
        const made = journey.left ? replayInit(journey) : sendInit(journey)
        const outgoing = isPromise(made) ? await made : made
        for (let proof = equip(journey, outgoing); proof; ) {
          journey.learn = await unlessAborted(proof, signalOf(journey))
          // A proof takes time, in which another tab or a sign-out may have come: what it leaves with is of one state.
          proof = journey.left === session.state ? undefined : equip(journey, outgoing)
        }
        // Nothing is awaited from here to the send: these credentials are the ones that it leaves with.
        const answered = answer(journey, await send(journey, outgoing), ports)
        const final = isPromise(answered) ? await answered : answered
        if (final) return final
        // Whether it waited or not, it is timed for itself.
        call.onWait?.()
      }
    } catch (error) {
      tellStep(ports, journey, { step: 'failed', error })
      throw error
    } finally {
      // The copy's memory is held until it is let go (Fetch, tee).
      if (journey.copy && !journey.copy.bodyUsed) drain(journey.copy)
    }
  }
}
