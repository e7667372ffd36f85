import type { Tokens } from '../contestants/index.js'

/** A server in this very process, behind `fetch`'s face. */
export interface Network {
  readonly fetch: typeof globalThis.fetch
  readonly tokens: Tokens
  /** So far. */
  readonly counts: { readonly sends: number; readonly refused: number; readonly exchanges: number }
  /** Every token issued so far is refused from now on. */
  refuseAll(): void
}

export interface NetworkOptions {
  /** Called before each exchange is answered. @default a turn of the event loop */
  readonly beforeExchange?: () => Promise<void>
  /** When the n-th request is answered. @default at once */
  readonly beforeAnswer?: (index: number) => Promise<void> | undefined
}

export const origin = 'https://api.test'
const json = { headers: { 'content-type': 'application/json' } }
const noContent = { status: 204 }

/** A turn of the event loop, in which every promise runs that can; the same in Node and in a page. */
export const turn = (): Promise<void> =>
  new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** Answers every request at once with JSON: nothing is looked at. */
export const answerAtOnce: typeof globalThis.fetch = () => Promise.resolve(new Response('{"fine":true}', json))

/** How {@link answerAsFetch} answers: a library may have taken that when it was made. */
export const answering = { isEmpty: false }

/**
 * Answers every request at once. It makes the `Request` first, as `fetch` does (Fetch, "fetch method"): what that costs depends
 * on what it is given, and would else be charged only to those who make one themselves.
 */
export const answerAsFetch: typeof globalThis.fetch = (input, init) => {
  const { signal } = new Request(input, init)
  if (signal.aborted) return Promise.reject(signal.reason)
  return Promise.resolve(answering.isEmpty ? new Response(null, noContent) : new Response('{"fine":true}', json))
}

const tokenOf = (input: RequestInfo | URL, init: RequestInit | undefined): string | null => {
  const given = init?.headers ?? (typeof input === 'object' && 'headers' in input ? input.headers : undefined)
  const headers = given instanceof Headers ? given : new Headers(given)
  return headers.get('authorization')
}

const answerOf = ({ accessToken, refreshToken, expiresInSeconds }: Tokens) => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  expires_in: expiresInSeconds,
  token_type: 'Bearer',
})

/** Takes every access token issued since the last {@link Network.refuseAll}: those of parallel exchanges too. */
export const createNetwork = ({ beforeExchange = turn, beforeAnswer }: NetworkOptions = {}): Network => {
  let issued = 0
  let refusedUpTo = 0
  const counts = { sends: 0, refused: 0, exchanges: 0 }
  const issue = (): Tokens => {
    issued += 1
    return { accessToken: `access-${issued}`, refreshToken: `refresh-${issued}`, expiresInSeconds: 3600 }
  }
  const exchange = async (): Promise<Response> => {
    counts.exchanges += 1
    await beforeExchange()
    return new Response(JSON.stringify(answerOf(issue())), json)
  }
  const network: typeof globalThis.fetch = async (input, init) => {
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input)
    if (url.endsWith('/token')) return exchange()
    counts.sends += 1
    const isGood = Number(tokenOf(input, init)?.slice('Bearer access-'.length)) > refusedUpTo
    const waiting = beforeAnswer?.(counts.sends)
    if (waiting) await waiting
    if (isGood) return new Response('{"fine":true}', json)
    counts.refused += 1
    return new Response('{"error":"invalid_token"}', { ...json, status: 401 })
  }
  return {
    fetch: network,
    tokens: issue(),
    counts,
    refuseAll: () => {
      refusedUpTo = issued
    },
  }
}

/** The exchange of contestants that bring none: through the same `fetch` as all the rest. */
export const exchange = async ({ refreshToken }: Tokens): Promise<Tokens> => {
  const response = await fetch(`${origin}/token`, { method: 'POST', body: JSON.stringify({ refreshToken }) })
  const answer = (await response.json()) as Readonly<Record<string, never>>
  return {
    accessToken: answer['access_token'] ?? '',
    refreshToken: answer['refresh_token'] ?? '',
    expiresInSeconds: answer['expires_in'] ?? 0,
  }
}
