import { isFormData, isOneShot } from '../http/bodies.ts'
import { unlessAborted } from '../platform/abort.ts'
import { readMember } from '../platform/fetch.ts'
import type { Outgoing } from '../schemes/scheme.ts'
import { type RequestContext, signalOf } from './request-context.ts'

export const mayHaveBody = ({ method }: RequestContext): boolean => method !== 'GET' && method !== 'HEAD'

/** Clones before the first send: a used body cannot be cloned (Fetch, "unusable"). Only if nothing else holds the body. */
export function cloneForReplay(context: RequestContext): void {
  const { request, init, adapter, notReplayableReason, isReplay, replay, learn } = context
  const source = context.replayCopy ?? request
  const known = notReplayableReason || init.body || adapter.source || typeof replay === 'function'
  // Do not read `body` to see whether there is one: in WebKit that breaks a FormData with a file.
  const has = source && !known && !readMember(source, 'bodyUsed') && mayHaveBody(context)
  context.replayCopy = has && (learn || !isReplay) ? readMember(source, 'clone').call(source) : undefined
}

/** The arguments of the first send, with headers of its own. */
export const createSendInit = ({ init }: RequestContext): Outgoing => ({
  ...init,
  headers: init.headers ?? new Headers(),
})

/**
 * The arguments for another send. The body is sent from where the caller gave it, so nothing is cloned for it; a promise
 * where the caller makes it again.
 */
export function createReplayInit(context: RequestContext): Outgoing | Promise<Outgoing> {
  const { init, adapter, request, replay } = context
  const next: Outgoing = { ...init, headers: new Headers(init.headers) }
  const withBody = (body: BodyInit | null | undefined): Outgoing => {
    if (body === undefined) return next
    // The boundary belongs to the first send; `fetch` writes a new one.
    if (isFormData(body) && request) next.headers.delete('content-type')
    return { ...next, body, ...(isOneShot(body) && { duplex: 'half' }) }
  }
  if (!mayHaveBody(context)) {
    // The browser's cache may hold the response that was rejected (Fetch, "HTTP-network-or-cache fetch").
    const isChosen = init.cache !== undefined || (request && readMember(request, 'cache') !== 'default')
    return isChosen ? next : { ...next, cache: 'no-cache' }
  }
  if (typeof replay !== 'function') return withBody(adapter.source?.())
  return unlessAborted(Promise.resolve(replay()), signalOf(context)).then(withBody)
}
