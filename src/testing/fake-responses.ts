/** Never cached: it may have tokens (RFC 6749 §5.1), in a login that the test made, too. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })

/** By shape: under happy-dom and msw there is more than one class of that name. */
const isResponse = (value: unknown): value is Response =>
  typeof (value as Partial<Response> | null | undefined)?.headers?.get === 'function'

export function toResponse(value: unknown): Response {
  if (isResponse(value)) return value
  return value === null || value === undefined ? new Response(null, { status: 204 }) : json(200, value)
}

/** The response to HEAD (RFC 9110 §9.3.2). */
export const withoutBody = (response: Response): Response =>
  response.type === 'error' ? response : new Response(null, response)

/** RFC 6750 §3.1: a request without a token is not told of an error in it. */
export const challengeResponse = (hasToken: boolean): Response =>
  json(401, {}, { 'www-authenticate': hasToken ? 'Bearer error="invalid_token"' : 'Bearer' })

/** For a page of another origin (Fetch, CORS protocol): every response, errors too, has to allow it. */
export function allowOrigin({ headers: asked }: Request, response: Response): Response {
  const origin = asked.get('origin')
  if (origin === null || response.type === 'error') return response
  const headers = new Headers(response.headers)
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-allow-credentials', 'true')
  headers.append('vary', 'Origin')
  headers.set('access-control-expose-headers', 'WWW-Authenticate, Retry-After, Date')
  return new Response(response.body, { status: response.status, headers })
}

/** The response to a CORS preflight; `null` for any other request. happy-dom sends them, too, and hides their headers. */
export function preflight({ method, headers: asked }: Request): Response | null {
  if (method !== 'OPTIONS' || asked.has('authorization')) return null
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': asked.get('access-control-request-method') ?? '*',
    'access-control-allow-headers': asked.get('access-control-request-headers') ?? '*',
    'access-control-max-age': '600',
  }
  return new Response(null, { status: 204, headers })
}
