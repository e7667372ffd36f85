/** Bodies of requests that may be sent twice: Fetch "body" (source and stream), RFC 9110 §15.5.2. */

const notReplayable = new WeakSet<object>()

/** Whether a body can be sent only once: a `ReadableStream`, or an async iterable where `fetch` accepts one. */
export function isOneShot(body: unknown): boolean {
  // By shape: `instanceof` fails for streams of another realm, and streams are not async iterable in every engine.
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
}

/** The kind of a body is recognised by its methods: `instanceof` fails for classes of another realm, and for one that a polyfill replaced. */
const hasMethod = (body: unknown, name: string): boolean =>
  typeof (body as Readonly<Record<string, unknown>> | null | undefined)?.[name] === 'function'
export const isParams = (body: unknown): body is URLSearchParams => hasMethod(body, 'append') && hasMethod(body, 'sort')
export const isFormData = (body: unknown): body is FormData => hasMethod(body, 'getAll') && !hasMethod(body, 'sort')
const isBuffer = (body: unknown): body is ArrayBuffer => hasMethod(body, 'slice') && 'byteLength' in (body as object)

/** Browsers' `fetch` rejects memory that can grow. So must its copy be, and `slice` would make one that cannot. */
const canGrow = (memory: object): boolean => (memory as { readonly resizable?: boolean }).resizable === true

/**
 * Copies the body, as `fetch` does when it is called (Fetch, "extract a body"). Changes that the caller makes later must not be
 * sent: not after a wait, and not in a replay.
 */
export function copyBody<Body>(body: Body): Body | BodyInit {
  if (typeof body !== 'object') return body
  if (isParams(body)) return new URLSearchParams(body)
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body
    // `fetch` rejects shared memory. A copy would be accepted, so none is made. And detached memory cannot be copied: it is empty.
    if (/Shared/.test(String(buffer)) || !byteLength) return body
    return canGrow(buffer) ? structuredClone(body) : new Uint8Array(buffer, byteOffset, byteLength).slice()
  }
  if (isBuffer(body)) return !body.byteLength ? body : canGrow(body) ? structuredClone(body) : body.slice()
  if (!isFormData(body)) return body
  const copy = new FormData()
  body.forEach((value, name) => {
    copy.append(name, value)
  })
  return copy
}

/**
 * Cancels a body that will not be read. Unread bodies hold their connection, and six of them to one HTTP/1.1 origin would block
 * the refresh. Do not await it: the body of a clone settles only with its twin. A used, locked or missing body is left alone.
 */
export function releaseBody({ body }: Pick<Response, 'body'>): void {
  try {
    body?.cancel().catch(ignored)
  } catch {
    // Throwing at once means the same as rejecting.
  }
}

const ignored = () => {}

/** Marks a 401 that is returned because its request could not be sent again. */
export function markNotReplayable(response: Response): void {
  notReplayable.add(response)
  const { clone } = response
  // ky gives its hooks copies. Not enumerable, as the method of every other response.
  const value = () => {
    const copy = clone.call(response)
    markNotReplayable(copy)
    return copy
  }
  Reflect.defineProperty(response, 'clone', { value, configurable: true })
}

/**
 * Whether the request of a returned 401 could have been replayed: `false` for streams, `keepalive` and `replay: false`. The
 * session may have newer credentials by then, so you can send the request again yourself.
 * @example if (response.status === 401 && !isReplayable(response)) await upload(file)
 */
export function isReplayable(response: Response): boolean {
  return !notReplayable.has(response)
}
