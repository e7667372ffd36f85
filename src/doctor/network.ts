import type { Redaction } from './redaction.ts'

/** A request of the doctor's own. */
export interface Probe {
  /** What is special about it, for the evidence: `without a token`. */
  readonly note: string
  readonly url: URL
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
}

export interface ProbeResponse {
  readonly probe: Probe
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `undefined` where the body is not JSON. */
  readonly json: unknown
  /** By this machine's clock, halfway between sending and the response's headers. */
  readonly atMs: number
  readonly durationMs: number
}

/** No response arrived: unreachable, or too late. */
export class NoResponseError extends Error {
  /** What is the same for each request to that server. */
  readonly problem: string
  constructor(request: string, problem: string) {
    super(`${request}: ${problem}`)
    this.problem = problem
  }
}

export interface Network {
  /** @throws NoResponseError */
  send(probe: Probe): Promise<ProbeResponse>
  /** How many requests were sent. */
  readonly sent: number
}

// Enough for a token response; the API's own data is of no interest.
const longestText = 65_536

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(received: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of received.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    // Leaving the loop cancels the rest.
    if (text.length > longestText) break
  }
  return text
}

/** By its code: messages of the network quote addresses and headers. */
function problemOf(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: unknown } }
  if (name === 'TimeoutError') return `no response within ${timeoutMs} ms`
  const code = cause?.code
  return typeof code === 'string' ? `no connection (${code})` : 'no connection'
}

/** Requests without redirects, cache or retries, each within the deadline. */
export function createNetwork(timeoutMs: number, redaction: Redaction): Network {
  let sent = 0
  return {
    get sent() {
      return sent
    },
    async send(probe) {
      const { url, method = 'GET', headers = {}, body } = probe
      sent += 1
      const startedAt = Date.now()
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const received = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal })
        const respondedAt = Date.now()
        const text = await readText(received)
        const durationMs = Date.now() - startedAt
        const atMs = (startedAt + respondedAt) / 2
        const json = parseJson(text)
        return { probe, status: received.status, headers: received.headers, text, json, atMs, durationMs }
      } catch (error) {
        const where = redaction.quote(`${method} ${url.origin}${url.pathname}`)
        throw new NoResponseError(
          `${where} ${probe.note}`,
          `${problemOf(error, timeoutMs)} to ${redaction.quote(url.origin)}`,
        )
      }
    },
  }
}

/** One line of evidence: the request, the status, and these headers. */
export function describeResponse(
  { probe, status, headers, json }: ProbeResponse,
  names: readonly string[],
  redaction: Redaction,
) {
  const { method = 'GET', url, note } = probe
  const { error } = Object(json) as { readonly error?: unknown }
  const parts = [
    ...(typeof error === 'string' && status >= 400 ? [`error ${redaction.quote(error)}`] : []),
    ...names.map(name => `${name}: ${redaction.quote(headers.get(name) ?? '(none)')}`),
  ]
  return `${method} ${redaction.quote(url.pathname)} ${note} → ${[status, ...parts].join(', ')}`
}
