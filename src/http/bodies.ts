/** What a second send of a request needs to know of bodies: Fetch "body" (source and stream), RFC 9110 §15.5.2. */

const notReplayable = new WeakSet<object>()

/** Whether a body, as the caller gave it, is gone once sent: a `ReadableStream`, or an async iterable where fetch takes one. */
export function isOneShot(body: unknown): boolean {
  // By shape: streams of another realm are no instances of ours, and not in every engine are they async iterables.
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
}

/** By what it does: another realm's class, or one that replaces the page's, is not ours (and `instanceof` says so). */
const does = (body: unknown, verb: string): boolean =>
  typeof (body as Readonly<Record<string, unknown>> | null | undefined)?.[verb] === 'function'
export const isParams = (body: unknown): body is URLSearchParams => does(body, 'append') && does(body, 'sort')
export const isFormData = (body: unknown): body is FormData => does(body, 'getAll') && !does(body, 'sort')
const isBuffer = (body: unknown): body is ArrayBuffer => does(body, 'slice') && 'byteLength' in (body as object)

/**
 * The body as it is now. `fetch` copies it when it is called (Fetch, "extract a body"), so what the caller makes of it later
 * is not what was to be sent: not after a wait, and not in a replay.
 */
export function copyBody<Body>(body: Body): Body | BodyInit {
  if (typeof body !== 'object') return body
  if (isParams(body)) return new URLSearchParams(body)
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body
    // `fetch` does not take shared memory for bytes; a copy of it would be taken.
    return /Shared/.test(String(buffer)) ? body : new Uint8Array(buffer, byteOffset, byteLength).slice()
  }
  if (isBuffer(body)) return body.slice()
  if (!isFormData(body)) return body
  const copy = new FormData()
  body.forEach((value, name) => {
    copy.append(name, value)
  })
  return copy
}

/**
 * Lets go of a body that nobody will read: unread ones hold their connection, and six to one HTTP/1.1 origin would block
 * the refresh. Not waited for, as a copy's body settles only with its twin. One that is used, locked or missing is left be.
 */
export function releaseBody({ body }: Pick<Response, 'body'>): void {
  try {
    body?.cancel().catch(ignored)
  } catch {
    // One that throws at once is no different.
  }
}

const ignored = () => {}

/** Marks a 401 that comes back because its request could not be sent again. */
export function markNotReplayable(response: Response): void {
  notReplayable.add(response)
}

/** Whether a 401 that came back could have been replayed: `false` for one-shot bodies, keepalive and `replay: false`. */
export function isReplayable(response: Response): boolean {
  return !notReplayable.has(response)
}
