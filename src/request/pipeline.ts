import { copyBody, releaseBody } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { isRequest, isSentBy, markSent, pageFetch, readRequestOption } from '../platform/fetch.ts'
import { isPromise } from '../platform/is-promise.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import { forAudience } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import { afterResponse } from './after-response.ts'
import { beforeSend } from './before-send.ts'
import { type PipelinePorts, targetOf } from './pipeline-ports.ts'
import { cloneForReplay, createReplayInit, createSendInit, mayHaveBody } from './replay.ts'
import {
  createRequestContext,
  type FetchAdapter,
  type FetchInit,
  type RequestContext,
  signalOf,
} from './request-context.ts'
import { emitCompleted, emitSent, emitSentWithoutCredentials, emitStep } from './request-log.ts'
import { assertSameSession, waitFor } from './wait.ts'

/** `fetch`, signed in, with what the form round it knows. */
export type RequestPipeline = (
  input: RequestInfo | URL,
  init: FetchInit | undefined,
  call: FetchAdapter,
) => Promise<Response>

/** Whether `fetch` will refuse a call for its signal: it has aborted, or is none. */
const isRejectedByFetch = (signal: AbortSignal | null | undefined) =>
  signal && (signal.aborted || !signal.addEventListener)

/** The life of a request (docs/architecture). Only the final, parsed URL decides who may get the token. */
export function createPipeline(ports: PipelinePorts): RequestPipeline {
  const { scheme, session, strategy, mark } = ports

  /** The network under wrappers round this client's own `fetch`. */
  const underlyingFetch = pageFetch()

  function whyNoCredentials({ url, auth, init, request }: RequestContext): NoCredentialsReason | null {
    if (!ports.trusted().has(url)) return 'untrusted-origin'
    if (auth === false || ports.isInsideCallback()) return 'auth-false'
    // The platform would take the header off in silence (Fetch, guard "request-no-cors").
    if (readRequestOption(init, request, 'mode') === 'no-cors') return 'no-cors'
    return init.headers?.has(scheme.header) ? 'own-authorization' : null
  }

  /** Shows a send to `latchkey/explain`, if it follows this client. */
  function show(context: RequestContext, outgoing: RequestInit, response: Promise<Response>): Promise<Response> {
    if (ports.sends.size > 0) ports.sends.notify({ context, outgoing, header: scheme.header, response })
    return response
  }

  /** As the caller wrote it. */
  function sendUntouched(context: RequestContext, given: RequestInit = { ...context.init }): Promise<Response> {
    const { transport } = context.adapter
    return show(context, given, transport(context.input, markSent(given, mark)))
  }

  async function sendWithoutCredentials(context: RequestContext, why: NoCredentialsReason): Promise<Response> {
    const { init, notReplayableReason } = context
    const isJudged = isRejectedByFetch(signalOf(context))
    // Perhaps a login: the answer to a refresh or a sign-out that is under way would change its cookie.
    const mayBeLogin = why === 'auth-false' && notReplayableReason !== 'keepalive' && mayHaveBody(context) && !isJudged
    const busy = mayBeLogin && ports.whenCallsSettled?.()
    if (busy && init.body) init.body = copyBody(init.body)
    if (busy) await waitFor(busy, 'refresh', context, ports)
    emitSentWithoutCredentials(ports, context, why)
    const renewed =
      ports.sendHeaders && (why === 'auth-false' || why === 'own-authorization') && createSendInit(context)
    if (renewed) applySendHeaders(context, renewed.headers)
    const response = await sendUntouched(context, renewed || undefined)
    emitCompleted(ports, context, response, null)
    return response
  }

  function applySendHeaders(context: RequestContext, headers: Headers): void {
    if (!ports.sendHeaders) return
    const own = ports.sendHeaders({ id: context.id, ...targetOf(context) })
    for (const [name, value] of new Headers(own)) headers.set(name, value)
  }

  const ownCredentialsOf = ({ url }: RequestContext): Credentials | null => {
    const { credentials } = session.state
    return credentials && forAudience(credentials, strategy.audienceOf?.(url.origin))
  }

  /** What the session holds now goes along; a promise where that takes a proof. */
  function attachCredentials(context: RequestContext, outgoing: Outgoing): Promise<Learn | undefined> | undefined {
    context.sentWith = session.state
    applySendHeaders(context, outgoing.headers)
    if (!context.isAnonymous) {
      assertSameSession(ports, context)
      const own = ownCredentialsOf(context)
      if (own?.accessToken) return scheme.attach(outgoing, own, context)
    }
    // In a replay it would be the rejected token still: the session has none now, or a dialog is open.
    outgoing.headers.delete(scheme.header)
    return undefined
  }

  function send(context: RequestContext, outgoing: Outgoing): Promise<Response> {
    const { transport } = context.adapter
    emitSent(ports, context, outgoing)
    const source = context.replayCopy ?? context.request
    cloneForReplay(context)
    markSent(outgoing, mark)
    if (!source || outgoing.body == null || context.init.body != null)
      return show(context, outgoing, transport(source ?? context.input, outgoing))
    // In the shape of the first send: what a native shell puts in place of `fetch` may read the two differently.
    const whole = new Request(source, outgoing)
    const { body: _, ...rest } = outgoing
    return show(context, outgoing, transport(whole, { ...rest, headers: whole.headers }))
  }

  // One async function for all of it: each would cost every request a promise, and ten thousand who wait a frame each.
  return async function runPipeline(given, init, call) {
    // Called without a receiver, here and below: the browser's own takes no other.
    const isDictionary = init == null || Object(init) === init
    if (!isDictionary || isSentBy(mark, given, init)) return underlyingFetch(given, init)
    const input = isRequest(given) ? given : `${given}`
    const context = createRequestContext(call.id ?? ports.nextId(), input, init, call)
    // What is no URL is `fetch`'s to complain about.
    if (!context) return call.transport(input, markSent({ ...init }, mark))
    const bare = whyNoCredentials(context)
    try {
      if (bare) return await sendWithoutCredentials(context, bare)
      // `fetch` judges its arguments first, and uses a Request up all the same; but it sends nothing.
      if (isRejectedByFetch(signalOf(context))) return await sendUntouched(context)
      if (context.init.body) context.init.body = copyBody(context.init.body)
      for (;;) {
        // A person who was waited for brings one audience's token, and none to a tab that shares no tokens with theirs.
        for (
          let seen = context.sentWith;
          seen !== session.state && (!seen || ownCredentialsOf(context)?.lifetimeMs === 0);
        ) {
          seen = session.state
          const waiting = beforeSend(context, ports)
          if (!waiting) break
          await waiting
        }
        const made = context.sentWith ? createReplayInit(context) : createSendInit(context)
        const outgoing = isPromise(made) ? await made : made
        for (let proof = attachCredentials(context, outgoing); proof; ) {
          context.learn = await unlessAborted(proof, signalOf(context))
          // A proof takes time, in which another tab or a sign-out may have come: what it leaves with is of one state.
          proof = context.sentWith === session.state ? undefined : attachCredentials(context, outgoing)
        }
        // Nothing is awaited from here to the send: these credentials are the ones that it leaves with.
        const answered = afterResponse(context, await send(context, outgoing), ports)
        const final = isPromise(answered) ? await answered : answered
        if (final) return final
        // Whether it waited or not, it is timed for itself.
        call.onWait?.()
      }
    } catch (error) {
      emitStep(ports, context, { step: 'failed', error })
      throw error
    } finally {
      // The copy's memory is held until it is let go (Fetch, tee).
      if (context.replayCopy && !context.replayCopy.bodyUsed) releaseBody(context.replayCopy)
    }
  }
}
