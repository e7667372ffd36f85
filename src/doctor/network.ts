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

export interface Answer {
  readonly probe: Probe
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `undefined` where the body is not JSON. */
  readonly json: unknown
  /** By this machine's clock, halfway between sending and the answer's headers. */
  readonly atMs: number
  readonly durationMs: number
}

/** No answer arrived: unreachable, or too late. */
export class NoAnswerError extends Error {}

export interface Network {
  /** @throws NoAnswerError */
  send(probe: Probe): Promise<Answer>
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

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    // Leaving the loop cancels the rest.
    if (text.length > longestText) break
  }
  return text
}

/** By its code: messages of the network quote addresses and headers. */
function problemOf(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: unknown } }
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
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
        const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal })
        const answeredAt = Date.now()
        const text = await readText(response)
        const durationMs = Date.now() - startedAt
        const atMs = (startedAt + answeredAt) / 2
        const json = parseJson(text)
        return { probe, status: response.status, headers: response.headers, text, json, atMs, durationMs }
      } catch (error) {
        const where = redaction.quote(`${method} ${url.origin}${url.pathname}`)
        throw new NoAnswerError(`${where} ${probe.note}: ${problemOf(error, timeoutMs)}`)
      }
    },
  }
}

/** One line of evidence: the request, the status, and these headers. */
export function describeAnswer(
  { probe, status, headers, json }: Answer,
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
