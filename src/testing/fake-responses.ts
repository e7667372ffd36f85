export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })

/** By shape: under happy-dom and msw there is more than one class of that name. */
const isResponse = (value: unknown): value is Response =>
  typeof (value as Partial<Response> | null | undefined)?.headers?.get === 'function'

export function toResponse(value: unknown): Response {
  if (isResponse(value)) return value
  return value === null || value === undefined ? new Response(null, { status: 204 }) : json(200, value)
}

/** RFC 6750 §3.1: a request without a token is not told of an error in it. */
export const challengeResponse = (hasToken: boolean): Response =>
  json(401, {}, { 'www-authenticate': hasToken ? 'Bearer error="invalid_token"' : 'Bearer' })

/** For a page of another origin (Fetch, CORS protocol): every response, errors too, has to allow it. */
export function allowOrigin({ headers: asked }: Request, response: Response): Response {
  const origin = asked.get('origin')
  if (origin === null || response.type === 'error') return response
  const { status, statusText, body } = response
  const headers = new Headers(response.headers)
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-expose-headers', 'WWW-Authenticate, Retry-After, Date')
  return new Response(body, { status, statusText, headers })
}

/** The answer to a CORS preflight; `null` for any other request. */
export function preflight({ method, headers }: Request): Response | null {
  const asked = headers.get('access-control-request-method')
  if (method !== 'OPTIONS' || asked === null) return null
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': asked,
      'access-control-allow-headers': headers.get('access-control-request-headers') ?? '',
    },
  })
}
