import { copyBody, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isRequest, isSentBy, markSent, pageFetch } from '../platform/fetch.ts'
import { isPromise } from '../platform/is-promise.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import type { SessionState } from '../session/state.ts'
import { createAfterResponse } from './after-response.ts'
import { createSendCredentials } from './attach-credentials.ts'
import { createBeforeSend } from './before-send.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { cloneForReplay, createReplayInit, createSendInit, mayHaveBody } from './replay.ts'
import { createContexts, type FetchAdapter, type FetchInit, type RequestContext, signalOf } from './request-context.ts'
import type { RequestLog } from './request-log.ts'
import type { Waits } from './wait.ts'

/** `fetch` with the session's credentials; `call` is the form around it (ky's or the plain one). */
export type RequestPipeline = (
  input: RequestInfo | URL,
  init: FetchInit | undefined,
  call: FetchAdapter,
) => Promise<Response>

/** The memory of the copy is held until it is released (Fetch, tee). */
function releaseCopy({ replayCopy }: RequestContext): void {
  if (replayCopy && !replayCopy.bodyUsed) releaseBody(replayCopy)
}

/** Whether `fetch` will reject a call for its signal: it is aborted, or not a signal. */
const isRejectedByFetch = (signal: AbortSignal | null | undefined) =>
  signal && (signal.aborted || !signal.addEventListener)

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createPipeline(ports: PipelinePorts, log: RequestLog, waits: Waits): RequestPipeline {
  const { scheme, session, sends, mark } = ports
  const credentials = createSendCredentials(ports, waits)
  const createContext = createContexts(ports)
  const beforeSend = createBeforeSend(ports, waits)
  const afterResponse = createAfterResponse(ports, log, waits)

  /** The network below wrappers of this client's own `fetch`. */
  const underlyingFetch = pageFetch()

  /** Shows a send to `latchkey/explain`, if it follows this client. */
  function show(context: RequestContext, outgoing: RequestInit, response: Promise<Response>): Promise<Response> {
    if (sends.size > 0) sends.notify({ context, outgoing, header: scheme.header, response })
    return response
  }

  /** As the caller passed it. */
  async function sendUntouched(context: RequestContext, given: RequestInit = { ...context.init }): Promise<Response> {
    const { transport } = context.adapter
    return show(context, given, transport(context.input, markSent(given, mark)))
  }

  async function sendWithoutCredentials(context: RequestContext, reason: NoCredentialsReason): Promise<Response> {
    const { init, notReplayableReason } = context
    const isUnsendable = isRejectedByFetch(signalOf(context))
    // Perhaps a login: the response of a running refresh or sign-out would change its cookie.
    const mayBeLogin =
      reason === 'auth-false' && notReplayableReason !== 'keepalive' && mayHaveBody(context) && !isUnsendable
    const settling = mayBeLogin && ports.whenCallsSettled?.()
    if (settling && init.body) init.body = copyBody(init.body)
    if (settling) await waits.waitFor(settling, context, 'refresh')
    log.emitStep(context, { step: 'sent', credentials: 'none', reason })
    const isOwn = reason === 'auth-false' || reason === 'own-authorization'
    const renewed = ports.sendHeaders && isOwn && createSendInit(context)
    if (renewed) credentials.addSendHeaders(context, renewed)
    const response = await sendUntouched(context, renewed || undefined)
    log.emitCompleted(context, response, null)
    return response
  }

  function send(context: RequestContext, outgoing: Outgoing): Promise<Response> {
    const { transport } = context.adapter
    log.emitSent(context, outgoing)
    const source = context.replayCopy ?? context.request
    if (source) cloneForReplay(context, source)
    markSent(outgoing, mark)
    if (!source || outgoing.body == null || context.init.body != null)
      return show(context, outgoing, transport(source ?? context.input, outgoing))
    // In the form of the first send: a native shell's replacement of `fetch` may treat a Request and an init differently.
    const whole = new Request(source, outgoing)
    const { body: _, ...rest } = outgoing
    return show(context, outgoing, transport(whole, { ...rest, headers: whole.headers }))
  }

  /** Attaches and sends in one task: these are the credentials that it is sent with. */
  function attachAndSend(context: RequestContext, outgoing: Outgoing): Promise<Response> {
    const proof = credentials.attach(context, outgoing)
    return proof ? sendProved(context, outgoing, proof) : send(context, outgoing)
  }

  async function sendProved(
    context: RequestContext,
    outgoing: Outgoing,
    proof: Promise<Learn | undefined>,
  ): Promise<Response> {
    context.learn = await unlessAborted(proof, signalOf(context))
    // A proof takes time, in which another tab or a sign-out may have changed the session: attach again.
    return context.sentWith === session.state ? send(context, outgoing) : attachAndSend(context, outgoing)
  }

  /**
   * Whether a request has to look what it must wait for: before its first send, and again where a sign-in that it waited for
   * brought no token for its origin. `seen`: the state when it looked last.
   */
  const mustLook = (context: RequestContext, seen: SessionState | null): boolean =>
    seen !== session.state && (!seen || credentials.ownOf(context)?.lifetimeMs === 0)

  // Nearly every request goes from here to the network in one task, with one promise. A function that makes a closure costs
  // each of its calls an allocation, so what only slow requests need is in functions of its own.

  function sendWhenReady(context: RequestContext, looked: SessionState | null): Promise<Response> {
    // The last look is in the task of the send: a tick later a sign-in may have taken the token away.
    for (let seen = looked; mustLook(context, seen); ) {
      seen = session.state
      const waiting = beforeSend(context)
      if (waiting) return sendAfter(waiting, context, seen)
    }
    const made = context.sentWith ? createReplayInit(context) : createSendInit(context)
    return isPromise(made) ? sendMade(made, context) : attachAndSend(context, made)
  }
  const sendAfter = (waiting: Promise<unknown>, context: RequestContext, seen: SessionState) =>
    waiting.then(() => sendWhenReady(context, seen))
  const sendMade = (made: Promise<Outgoing>, context: RequestContext) =>
    made.then(outgoing => attachAndSend(context, outgoing))

  /** Sends, and does what the response calls for. */
  function attempt(context: RequestContext): Promise<Response> {
    let sent: Promise<Response>
    try {
      sent = sendWhenReady(context, context.sentWith)
    } catch (error) {
      sent = Promise.reject(error)
    }
    // A replaced `fetch` may return anything that can be awaited.
    return Promise.resolve(sent).then(
      response => proceed(context, response),
      error => fail(context, error),
    )
  }

  function proceed(context: RequestContext, response: Response): Response | Promise<Response> {
    const handled = afterResponse(context, response)
    return isPromise(handled) ? proceedAfter(handled, context) : conclude(context, handled)
  }
  const proceedAfter = (handled: Promise<Response | null>, context: RequestContext) =>
    handled.then(
      response => conclude(context, response),
      error => fail(context, error),
    )

  function conclude(context: RequestContext, response: Response | null): Response | Promise<Response> {
    if (response) {
      releaseCopy(context)
      return response
    }
    // Each further send has ky's timeout for itself.
    context.adapter.onWait?.()
    return attempt(context)
  }

  function fail(context: RequestContext, error: unknown): never {
    log.emitStep(context, { step: 'failed', error })
    releaseCopy(context)
    throw error
  }
  const failing = (sent: Promise<Response>, context: RequestContext) => sent.catch(error => fail(context, error))

  function begin(context: RequestContext): Promise<Response> {
    try {
      const reason = credentials.whyNone(context)
      if (reason) return failing(sendWithoutCredentials(context, reason), context)
      // Let `fetch` judge its arguments first. It also uses the Request up, but sends nothing.
      if (isRejectedByFetch(signalOf(context))) return failing(sendUntouched(context), context)
      if (context.init.body) context.init.body = copyBody(context.init.body)
    } catch (error) {
      return failing(Promise.reject(error), context)
    }
    return attempt(context)
  }

  return function runPipeline(given, init, call) {
    try {
      // The network is called without a receiver, here and below: the browser's own accepts no other.
      const isDictionary = init == null || Object(init) === init
      if (!isDictionary || isSentBy(mark, given, init)) return underlyingFetch(given, init)
      const input = isRequest(given) ? given : `${given}`
      const context = createContext(input, init, call)
      // Not a URL: let `fetch` throw.
      return context ? begin(context) : call.transport(input, markSent({ ...init }, mark))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
