import { copyBody, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isRequest, isSending, isSentBy, send as sendBy } from '../platform/fetch.ts'
import { isPromise } from '../platform/is-promise.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import { createAfterResponse, type SentRequest } from './after-response.ts'
import { createSendCredentials } from './attach-credentials.ts'
import { createBeforeSend } from './before-send.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { readInit } from './read-init.ts'
import { cloneForReplay, createReplayInit, createSendInit, mayHaveBody } from './replay.ts'
import { createContexts, type FetchAdapter, type FetchInit, type RequestContext, signalOf } from './request-context.ts'
import type { RequestLog } from './request-log.ts'
import { createUnderlyingFetch } from './underlying-fetch.ts'
import type { Waits } from './wait.ts'

/** `fetch` with the session's credentials; `call` is the form around it (ky's or the plain one). */
export type RequestPipeline = (
  input: RequestInfo | URL,
  init: FetchInit | undefined,
  call: FetchAdapter,
) => Promise<Response>

/** What a request does next. */
type Next<Value> = (value: Value, context: RequestContext) => Response | Promise<Response>

/** The memory of the copy is held until it is released (Fetch, tee). */
function releaseCopy({ replayCopy }: RequestContext): void {
  if (replayCopy && !replayCopy.bodyUsed) releaseBody(replayCopy)
}

/** Whether `fetch` will reject a call for its signal: it is aborted, or not a signal. */
const isRejectedByFetch = (signal: AbortSignal | null | undefined) =>
  signal && (signal.aborted || !signal.addEventListener)

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createPipeline(ports: PipelinePorts, log: RequestLog, waits: Waits): RequestPipeline {
  const { scheme, session, sends, sender } = ports
  const credentials = createSendCredentials(ports, waits)
  const createContext = createContexts(ports)
  const beforeSend = createBeforeSend(ports, waits)
  const afterResponse = createAfterResponse(ports, log, waits)

  const underlyingFetch = createUnderlyingFetch()

  /** Shows a send to `latchkey/explain`, if it follows this client. */
  function show(context: RequestContext, outgoing: RequestInit, response: Promise<Response>): Promise<Response> {
    if (sends.size > 0) sends.notify({ context, outgoing, header: scheme.header, response })
    return response
  }

  /** Without credentials: as the caller passed it. */
  async function sendUntouched(context: RequestContext, given = createSendInit(context)): Promise<Response> {
    const { transport } = context.adapter
    return show(context, given, sendBy(sender, transport, context.input, given))
  }

  async function sendWithoutCredentials(context: RequestContext, reason: NoCredentialsReason): Promise<Response> {
    const { init, notReplayableReason } = context
    const isUnsendable = isRejectedByFetch(signalOf(context))
    // Perhaps a login: the response of a running refresh or sign-out would change its cookie.
    const mayBeLogin =
      reason === 'auth-false' && notReplayableReason !== 'keepalive' && mayHaveBody(context) && !isUnsendable
    const settling = mayBeLogin && ports.whenCallsSettled?.()
    if (settling) {
      init.body = copyBody(init.body ?? null)
      await waits.waitFor(settling, context, 'refresh')
    }
    const outgoing = createSendInit(context)
    if (reason === 'auth-false' || reason === 'own-authorization') credentials.addSendHeaders(context, outgoing)
    // After `sendHeaders`, as with credentials: a tracer begins a send at either, and takes the other for the same send.
    log.emitStep(context, { step: 'sent', credentials: 'none', reason })
    const response = await sendUntouched(context, outgoing)
    log.emitCompleted(context, response, null)
    return response
  }

  function send(context: RequestContext, outgoing: Outgoing): Promise<Response> {
    const { transport } = context.adapter
    log.emitSent(context, outgoing)
    const source = context.replayCopy ?? context.request
    if (source) cloneForReplay(context, source)
    if (!source || outgoing.body == null || context.init.body != null)
      return show(context, outgoing, sendBy(sender, transport, source ?? context.input, outgoing))
    // In the form of the first send: a native shell's replacement of `fetch` may treat a Request and an init differently.
    const whole = new Request(source, outgoing)
    const { body: _, ...rest } = outgoing
    return show(context, outgoing, sendBy(sender, transport, whole, { ...rest, headers: whole.headers }))
  }

  async function sendProved(
    proof: Promise<Learn | undefined>,
    outgoing: Outgoing,
    context: RequestContext,
  ): Promise<Response> {
    context.learn = await unlessAborted(proof, signalOf(context))
    // A proof takes time, in which another tab or a sign-out may have changed the session: attach again.
    return context.sentWith === session.state ? send(context, outgoing) : attachAndSend(outgoing, context)
  }

  /** Attaches and sends in one task: these are the credentials that it is sent with. */
  function attachAndSend(outgoing: Outgoing, context: RequestContext): Promise<Response> {
    const proof = credentials.attach(context, outgoing)
    return proof ? sendProved(proof, outgoing, context) : send(context, outgoing)
  }

  function fail(error: unknown, context: RequestContext): never {
    if (!context.hasFailed) log.emitStep(context, { step: 'failed', error })
    context.hasFailed = true
    releaseCopy(context)
    throw error
  }

  /**
   * Goes on with `next`. Nearly every request comes here once, and its other functions make no closure and no promise: a
   * function that contains a closure costs each of its calls an allocation.
   */
  const settled = <Value>(promise: Promise<Value>, next: Next<Value>, context: RequestContext): Promise<Response> =>
    promise.then(
      value => {
        try {
          return next(value, context)
        } catch (error) {
          return fail(error, context)
        }
      },
      error => fail(error, context),
    )

  /**
   * Whether a request has to look what it must wait for: before its first send, and again where a sign-in that it waited for
   * brought no token for its origin.
   */
  const mustLook = (context: RequestContext): boolean =>
    context.lookedAt !== session.state && (!context.lookedAt || credentials.ownOf(context)?.lifetimeMs === 0)

  function sendWhenReady(_: unknown, context: RequestContext): Promise<Response> {
    // The last look is in the task of the send: a tick later a sign-in may have taken the token away.
    while (mustLook(context)) {
      context.lookedAt = session.state
      const waiting = beforeSend(context)
      if (waiting) return settled(waiting, sendWhenReady, context)
    }
    const made = context.sentWith ? createReplayInit(context) : createSendInit(context)
    return isPromise(made) ? settled(made, attachAndSend, context) : attachAndSend(made, context)
  }

  function start(_: unknown, context: RequestContext): Promise<Response> {
    const reason = credentials.whyNone(context)
    if (reason) return sendWithoutCredentials(context, reason)
    // Let `fetch` judge its arguments first. It also uses the Request up, but sends nothing.
    if (isRejectedByFetch(signalOf(context))) return sendUntouched(context)
    if (context.init.body) context.init.body = copyBody(context.init.body)
    return sendWhenReady(null, context)
  }

  function attempt(send: Next<null>, context: RequestContext): Promise<Response> {
    try {
      // A replaced `fetch` may return anything that can be awaited.
      return settled(Promise.resolve(send(null, context)), proceed, context)
    } catch (error) {
      return fail(error, context)
    }
  }

  function proceed(response: Response, context: RequestContext): Response | Promise<Response> {
    // Nothing follows from a response to what was sent without credentials.
    if (!context.sentWith) return response
    const handled = afterResponse(context as SentRequest, response)
    return isPromise(handled) ? settled(handled, conclude, context) : conclude(handled, context)
  }

  function conclude(response: Response | null, context: RequestContext): Response | Promise<Response> {
    if (response) {
      releaseCopy(context)
      return response
    }
    context.lookedAt = context.sentWith
    // Each further send has ky's timeout for itself.
    context.adapter.onWait?.()
    return attempt(sendWhenReady, context)
  }

  return function runPipeline(given, init, call) {
    try {
      // The input is read first, as `fetch` does. The network is called without a receiver: the browser's own accepts no other.
      const input = isRequest(given) ? given : `${given}`
      const isDictionary = init == null || Object(init) === init
      if (!isDictionary || isSentBy(sender, input, init)) return underlyingFetch(input, init)
      const context = createContext(input, init, call)
      // Not a URL: let `fetch` throw. Or a Request that does not show where it goes: without credentials.
      if (!context) return sendBy(sender, call.transport, input, { ...readInit(init, undefined) })
      if (isSending(sender, context.method, context.address)) return underlyingFetch(given, init)
      return attempt(start, context)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
