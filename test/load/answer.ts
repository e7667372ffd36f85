/** What a load is sent to: an API and a token endpoint that remember nothing, so that nothing of them can grow. */
export interface LoadAnswer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

/** The tokens that a login or a refresh brings: `t7` and `r7` for number 7. */
export const tokensOf = (number: number) => ({ access_token: `t${number}`, refresh_token: `r${number}` })

const numberOf = (token: string | null | undefined): number => Number(/\w(\d+)$/.exec(token ?? '')?.[1] ?? -1)

/**
 * `/api/since/7` accepts tokens from number 7 on. `/token` returns the pair after that whose refresh token was sent. `/refuse`
 * rejects every refresh token, `/unavailable` returns 503.
 */
export function answerLoad(path: string, authorization: string | null | undefined, body: string): LoadAnswer {
  if (path === '/token') {
    const { refreshToken } = JSON.parse(body) as { readonly refreshToken: string }
    return { status: 200, body: tokensOf(numberOf(refreshToken) + 1) }
  }
  if (path === '/refuse') return { status: 400, body: { error: 'invalid_grant' } }
  if (path === '/unavailable') return { status: 503, body: {} }
  const since = Number(/^\/api\/since\/(\d+)/.exec(path)?.[1] ?? 0)
  if (since <= numberOf(authorization)) return { status: 200, body: {} }
  return { status: 401, body: {}, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
}

/** The same as a `fetch` within the process, which makes no `Request` and listens to no signal: what is counted is latchkey's. */
export const fetchLoad: typeof fetch = async (input, init = {}) => {
  const request = input instanceof Request ? input : undefined
  const headers = new Headers(init.headers ?? request?.headers)
  const text = init.body == null ? await request?.text() : String(init.body)
  const path = new URL(request?.url ?? String(input)).pathname
  const { status, body, headers: answered = {} } = answerLoad(path, headers.get('authorization'), text ?? '')
  return Response.json(body, { status, headers: answered })
}
