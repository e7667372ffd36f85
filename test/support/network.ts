/** One send, as it would have gone on the wire. */
export interface WireSend {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly authorization: string | null
  readonly mode: RequestMode
  readonly redirect: RequestRedirect
  readonly credentials: RequestCredentials
  text(): Promise<string>
}

export interface Network {
  /** For ky's `fetch` option. */
  readonly fetch: typeof globalThis.fetch
  readonly sends: readonly WireSend[]
}

export type NetworkAnswer = Response | PromiseLike<Response>

/** A network in the hands of the test: every send is noted, and answered by `answer`. @default 200, an empty object */
export const createNetwork = (
  answer: (send: WireSend, count: number) => NetworkAnswer = () => Response.json({}),
): Network => {
  const sends: WireSend[] = []
  return {
    sends,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { method, headers, mode, redirect, credentials, signal } = request
      const text = () => request.clone().text()
      const url = new URL(request.url)
      const send = {
        url,
        method,
        headers,
        mode,
        redirect,
        credentials,
        authorization: headers.get('authorization'),
        text,
      }
      sends.push(send)
      signal.throwIfAborted()
      return new Promise<Response>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        Promise.resolve(answer(send, sends.length)).then(resolve, reject)
      })
    },
  }
}

/** A 401 with this challenge, or with none. */
export const refusal = (challenge: string | null = 'Bearer error="invalid_token"'): Response =>
  new Response('Not with this token', {
    status: 401,
    headers: challenge === null ? {} : { 'www-authenticate': challenge },
  })
