import { drain, snapshot } from '../http/replay.ts'
import { unlessAborted } from '../platform/abort.ts'
import { pageBaseUrl } from '../platform/page.ts'
import type { WhyBare } from '../session/events.ts'
import { answer } from './answer.ts'
import {
  type Call,
  createJourney,
  type FetchInit,
  isRequest,
  type Journey,
  keepCopy,
  readInit,
  replayInit,
  sendInit,
  signalOf,
} from './journey.ts'
import { prepare } from './prepare.ts'
import { type SpinePorts, tellStep } from './spine-ports.ts'
import { stay } from './waiting.ts'

/** `fetch`, signed in, with what the form round it knows. */
export type Spine = (input: RequestInfo | URL, init: FetchInit | undefined, call: Call) => Promise<Response>

const attached = { credentials: 'attached' } as const
const signedOut = { credentials: 'none', why: 'signed-out' } as const

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createAuthenticatedFetch(ports: SpinePorts): Spine {
  const { scheme, session } = ports
  let lastId = 0

  function whyBare(url: URL, auth: boolean | 'optional', mode: string | undefined, headers: Headers): WhyBare | null {
    if (!ports.trusts(url)) return 'untrusted-origin'
    if (auth === false) return 'auth-false'
    // The platform would take the header off in silence (Fetch, guard "request-no-cors").
    if (mode === 'no-cors') return 'no-cors'
    return headers.has(scheme.header) ? 'own-authorization' : null
  }

  /** Sends once more, or for the first time, with what the session holds now. */
  async function send(journey: Journey): Promise<Response> {
    const init = journey.left ? await replayInit(journey) : sendInit(journey, journey.headers)
    // A proof takes time, in which another tab or a sign-out may have come: what it leaves with is of one state.
    do {
      journey.left = session.state
      if (journey.session !== null) stay(ports, journey)
      const { credentials } = journey.left
      const proving = journey.session !== null && credentials?.accessToken && scheme.attach(init, credentials, journey)
      if (proving) journey.learn = await unlessAborted(proving, signalOf(journey))
    } while (journey.left !== session.state)
    // Nothing is awaited from here to the send: these credentials are the ones that it leaves with.
    tellStep(ports, journey, { step: 'sent', ...(journey.session === null ? signedOut : attached) })
    const source = journey.copy ?? journey.request
    keepCopy(journey)
    // Called without a receiver: the browser's own `fetch` takes no other.
    const { transport } = journey.call
    return transport(source ?? journey.input, init)
  }

  async function travel(journey: Journey): Promise<Response> {
    try {
      const signal = signalOf(journey)
      if (signal?.aborted) throw signal.reason
      journey.body = snapshot(journey.body)
      const waiting = prepare(journey, ports)
      if (waiting) await waiting
      for (;;) {
        const response = await send(journey)
        const answered = answer(journey, response, ports)
        const final = answered instanceof Promise ? await answered : answered
        if (final) return final
        // Whether it waited or not, it is timed for itself.
        journey.call.onWait?.()
      }
    } catch (error) {
      tellStep(ports, journey, { step: 'failed', error })
      throw error
    } finally {
      // The copy's memory is held until it is let go (Fetch, tee).
      if (journey.copy && !journey.copy.bodyUsed) drain(journey.copy)
    }
  }

  return async (input, init, call) => {
    const request = isRequest(input) ? input : undefined
    const url = parse(request ? request.url : (input as string | URL))
    // What is no URL is `fetch`'s to complain about.
    const { transport } = call
    if (!url) return transport(input, init)
    // As `fetch` does: what the caller changes later, while the request waits, is not of this request.
    const [asked, given] = [request ?? url.href, readInit(init)]
    const headers = new Headers(given?.headers ?? request?.headers)
    const auth = ports.exchanging() ? false : (given?.auth ?? call.auth ?? true)
    const bare = whyBare(url, auth, given?.mode ?? request?.mode, headers)
    const journey = createJourney(
      ++lastId,
      url,
      auth === 'optional' ? auth : true,
      asked,
      request,
      given,
      headers,
      call,
    )
    if (!bare) return travel(journey)
    tellStep(ports, journey, { step: 'sent', credentials: 'none', why: bare })
    const response = await transport(input, init)
    tellStep(ports, journey, { step: 'answered', status: response.status, replayed: false, notReplayable: null })
    return response
  }
}

function parse(url: string | URL): URL | null {
  try {
    return new URL(url, pageBaseUrl())
  } catch {
    return null
  }
}
