import { copyBody, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isRequest, isSentBy, markSent, pageFetch, readRequestOption } from '../platform/fetch.ts'
import { isPromise } from '../platform/is-promise.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import { forAudience } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import type { SessionState } from '../session/state.ts'
import { createAfterResponse } from './after-response.ts'
import { createBeforeSend } from './before-send.ts'
import { type PipelinePorts, targetOf } from './pipeline-ports.ts'
import { cloneForReplay, createReplayInit, createSendInit, mayHaveBody } from './replay.ts'
import {
  createRequestContext,
  type FetchAdapter,
  type FetchInit,
  type RequestContext,
  signalOf,
  urlOf,
} from './request-context.ts'
import type { RequestLog } from './request-log.ts'
import type { Waits } from './wait.ts'

/** `fetch` with the session's credentials; `call` is the form around it (ky's or the plain one). */
export type RequestPipeline = (
  input: RequestInfo | URL,
  init: FetchInit | undefined,
  call: FetchAdapter,
) => Promise<Response>

/** Whether `fetch` will reject a call for its signal: it is aborted, or not a signal. */
const isRejectedByFetch = (signal: AbortSignal | null | undefined) =>
  signal && (signal.aborted || !signal.addEventListener)

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createPipeline(ports: PipelinePorts, log: RequestLog, waits: Waits): RequestPipeline {
  const { scheme, session, strategy, mark } = ports
  const beforeSend = createBeforeSend(ports, waits)
  const afterResponse = createAfterResponse(ports, log, waits)

  /** The network below wrappers of this client's own `fetch`. */
  const underlyingFetch = pageFetch()

  function whyNoCredentials({ isTrusted, auth, init, request }: RequestContext): NoCredentialsReason | null {
    if (!isTrusted) return 'untrusted-origin'
    if (auth === false || ports.isInsideCallback()) return 'auth-false'
    // The browser would silently remove the header (Fetch, guard "request-no-cors").
    if (readRequestOption(init, request, 'mode') === 'no-cors') return 'no-cors'
    return init.headers?.has(scheme.header) ? 'own-authorization' : null
  }

  /** Shows a send to `latchkey/explain`, if it follows this client. */
  function show(context: RequestContext, outgoing: RequestInit, response: Promise<Response>): Promise<Response> {
    if (ports.sends.size > 0) ports.sends.notify({ context, outgoing, header: scheme.header, response })
    return response
  }

  /** As the caller passed it. */
  function sendUntouched(context: RequestContext, given: RequestInit = { ...context.init }): Promise<Response> {
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
    if (renewed) applySendHeaders(context, renewed)
    const response = await sendUntouched(context, renewed || undefined)
    log.emitCompleted(context, response, null)
    return response
  }

  function applySendHeaders(context: RequestContext, outgoing: Outgoing): void {
    if (!ports.sendHeaders) return
    // A copy: what this send is given must not be in the headers from which the replay is made.
    const headers = new Headers(outgoing.headers)
    const own = ports.sendHeaders({ id: context.id, ...targetOf(context) })
    for (const [name, value] of new Headers(own)) headers.set(name, value)
    Object.assign(outgoing, { headers })
  }

  const ownCredentialsOf = (context: RequestContext): Credentials | null => {
    const { credentials } = session.state
    return credentials && forAudience(credentials, strategy.audienceOf?.(urlOf(context).origin))
  }

  /** Attaches the session's current credentials. Returns a promise if that takes a proof. */
  function attachCredentials(context: RequestContext, outgoing: Outgoing): Promise<Learn | undefined> | undefined {
    context.sentWith = session.state
    applySendHeaders(context, outgoing)
    if (!context.isAnonymous) {
      waits.assertSameSession(context)
      const own = ownCredentialsOf(context)
      if (own?.accessToken) return scheme.attach(outgoing, own, context)
    }
    // In a replay this would still be the rejected token: the session has none now, or a dialog is open.
    outgoing.headers.delete(scheme.header)
    return undefined
  }

  function send(context: RequestContext, outgoing: Outgoing): Promise<Response> {
    const { transport } = context.adapter
    log.emitSent(context, outgoing)
    const source = context.replayCopy ?? context.request
    cloneForReplay(context)
    markSent(outgoing, mark)
    if (!source || outgoing.body == null || context.init.body != null)
      return show(context, outgoing, transport(source ?? context.input, outgoing))
    // In the form of the first send: a native shell's replacement of `fetch` may treat a Request and an init differently.
    const whole = new Request(source, outgoing)
    const { body: _, ...rest } = outgoing
    return show(context, outgoing, transport(whole, { ...rest, headers: whole.headers }))
  }

  /**
   * Whether a request has to look what it must wait for: before its first send, and again where a sign-in that it waited for
   * brought no token for its origin. `seen`: the state when it looked last.
   */
  const mustLook = (context: RequestContext, seen: SessionState | null): boolean =>
    seen !== session.state && (!seen || ownCredentialsOf(context)?.lifetimeMs === 0)

  // One async function for all of it: each more would cost every request a promise.
  return async function runPipeline(given, init, call) {
    // The network is called without a receiver, here and below: the browser's own accepts no other.
    const isDictionary = init == null || Object(init) === init
    if (!isDictionary || isSentBy(mark, given, init)) return underlyingFetch(given, init)
    const input = isRequest(given) ? given : `${given}`
    const context = createRequestContext({
      id: call.id ?? ports.nextId(),
      input,
      init,
      adapter: call,
      trusted: ports.trusted(),
    })
    // Not a URL: let `fetch` throw.
    if (!context) return call.transport(input, markSent({ ...init }, mark))
    const reason = whyNoCredentials(context)
    try {
      if (reason) return await sendWithoutCredentials(context, reason)
      // Let `fetch` judge its arguments first. It also uses the Request up, but sends nothing.
      if (isRejectedByFetch(signalOf(context))) return await sendUntouched(context)
      if (context.init.body) context.init.body = copyBody(context.init.body)
      for (;;) {
        // The last look is in the task of the send: a tick later a sign-in may have taken the token away.
        for (let seen = context.sentWith; mustLook(context, seen); ) {
          seen = session.state
          const waiting = beforeSend(context)
          if (waiting) await waiting
        }
        const made = context.sentWith ? createReplayInit(context) : createSendInit(context)
        const outgoing = isPromise(made) ? await made : made
        for (let proof = attachCredentials(context, outgoing); proof; ) {
          context.learn = await unlessAborted(proof, signalOf(context))
          // A proof takes time, in which another tab or a sign-out may have changed the session: attach again.
          proof = context.sentWith === session.state ? undefined : attachCredentials(context, outgoing)
        }
        // Nothing may be awaited from here to the send: these are the credentials that it is sent with.
        const handled = afterResponse(context, await send(context, outgoing))
        const response = isPromise(handled) ? await handled : handled
        if (response) return response
        // Each further send has ky's timeout for itself.
        call.onWait?.()
      }
    } catch (error) {
      log.emitStep(context, { step: 'failed', error })
      throw error
    } finally {
      // The memory of the copy is held until it is released (Fetch, tee).
      if (context.replayCopy && !context.replayCopy.bodyUsed) releaseBody(context.replayCopy)
    }
  }
}
