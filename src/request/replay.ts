import { check } from '../errors.ts'
import { isFormData, isOneShot } from '../http/bodies.ts'
import { isHeaders } from '../http/sent-headers.ts'
import { unlessAborted } from '../platform/abort.ts'
import { readMember } from '../platform/fetch.ts'
import type { Outgoing } from '../schemes/scheme.ts'
import { nothing } from './read-init.ts'
import { type RequestContext, signalOf } from './request-context.ts'

export const mayHaveBody = ({ method }: RequestContext): boolean => method !== 'GET' && method !== 'HEAD'

/** Clones before each send that another may follow: a used body cannot be cloned (Fetch, "unusable"). Only if nothing else holds the body. */
export function cloneForReplay(context: RequestContext, source: Request): void {
  const { init, adapter, notReplayableReason, isSecondReplay, replay, learn } = context
  const known = notReplayableReason || init.body || adapter.source || typeof replay === 'function'
  // Do not read `body` to see whether there is one: in WebKit that breaks a FormData with a file.
  const has = !known && mayHaveBody(context)
  context.replayCopy = undefined
  try {
    if (has && (learn || !isSecondReplay)) context.replayCopy = readMember(source, 'clone').call(source)
  } catch {
    // What cannot be cloned (a used or locked body, a Request of a removed iframe) cannot be sent: let `fetch` throw.
  }
}

/** The arguments of the first send, with headers of its own. */
export function createSendInit({ init }: RequestContext): Outgoing {
  // Most requests have none. (To spread an object without a prototype takes long.)
  if (init === nothing) return { headers: {} }
  const { headers } = init
  return { ...init, headers: headers && isHeaders(headers) ? headers : { ...headers } }
}

/**
 * The arguments for another send. The body is sent from where the caller gave it, so nothing is cloned for it; a promise
 * where the caller makes it again.
 */
export function createReplayInit(context: RequestContext): Outgoing | Promise<Outgoing> {
  const { init, adapter, request, replay } = context
  const headers = new Headers(init.headers)
  const next: Outgoing = { ...init, headers }
  const withBody = (body: BodyInit | null | undefined): Outgoing => {
    if (body === undefined) return next
    // The boundary belongs to the first send; `fetch` writes a new one.
    if (isFormData(body) && request) headers.delete('content-type')
    return { ...next, body, ...(isOneShot(body) && { duplex: 'half' }) }
  }
  if (!mayHaveBody(context)) {
    // The browser's cache may hold the response that was rejected (Fetch, "HTTP-network-or-cache fetch").
    const isChosen = init.cache !== undefined || (request && readMember(request, 'cache') !== 'default')
    return isChosen ? next : { ...next, cache: 'no-cache' }
  }
  if (typeof replay !== 'function') return withBody(adapter.source?.())
  return unlessAborted(Promise.resolve(replay()), signalOf(context)).then(body => {
    // `fetch` would send the request without its body, and the server might store that.
    check(body != null, 'replay', 'return the body')
    return withBody(body)
  })
}
