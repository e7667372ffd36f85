import { withoutQuery } from '../http/without-query.ts'
import { type Challenge, parseChallenges } from '../http/www-authenticate.ts'
import { parseUrl } from '../platform/page.ts'
import type { ChallengeFacts, ResponseFacts } from './facts.ts'
import { scrub } from './scrub.ts'

/** Headers that CORS shows unasked (Fetch, "CORS-safelisted response-header name"). */
const alwaysVisible = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]

function issuerOf({ params }: Challenge): string | null {
  const url = parseUrl(params['authorization_uri'] ?? params['issuer'] ?? params['as_uri'] ?? '')
  return url && /^https?:$/.test(url.protocol) ? url.origin : null
}

const toChallenge = (challenge: Challenge, secrets: readonly string[]): ChallengeFacts => {
  const { scheme, params } = challenge
  return {
    scheme: scrub(scheme, secrets) ?? '',
    error: scrub(params['error'], secrets),
    description: scrub(params['error_description'], secrets),
    scope: scrub(params['scope'], secrets),
    issuer: issuerOf(challenge),
  }
}

const isVisible = (headers: Headers) => [...headers.keys()].some(name => !alwaysVisible.includes(name))

/** A response without its body. `url`: what was called; `secrets`: what must not be shown. */
export function readResponse(response: Response, url: string, secrets: readonly string[]): ResponseFacts {
  const { status, type, headers, redirected } = response
  const header = headers.get('www-authenticate')
  const serverTimeMs = Date.parse(headers.get('date') ?? '')
  const final = redirected ? parseUrl(response.url) : null
  return {
    status,
    type,
    redirectedTo: final && withoutQuery(final) !== url ? withoutQuery(final) : null,
    challenges: parseChallenges(header)
      .challenges.slice(0, 8)
      .map(challenge => toChallenge(challenge, secrets)),
    hasChallengeHeader: header !== null,
    areHeadersHidden: type === 'cors' && !isVisible(headers),
    serverTimeMs: Number.isNaN(serverTimeMs) ? null : serverTimeMs,
    contentType: headers.get('content-type')?.split(';', 1)[0]?.slice(0, 60) ?? null,
    text: null,
  }
}

const largestBytes = 4096
const longestMs = 1000

/** Where errors say what is wrong: RFC 9457, OAuth, and what frameworks call it. */
const fields = ['error_description', 'detail', 'message', 'title', 'error', 'errors', 'code', 'reason']

function textsIn(value: unknown, depth = 0): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || !value || depth > 3) return []
  if (Array.isArray(value)) return value.slice(0, 3).flatMap(one => textsIn(one, depth + 1))
  return fields.flatMap(name => textsIn((value as Readonly<Record<string, unknown>>)[name], depth + 1))
}

function wordsOf(body: string, contentType: string): string {
  if (/html/i.test(contentType)) return /<title>([^<]*)/i.exec(body)?.[1] ?? ''
  if (!/json/i.test(contentType)) return /^text\/plain/i.test(contentType) ? body : ''
  try {
    return textsIn(JSON.parse(body)).join('. ')
  } catch {
    return ''
  }
}

/** Whether the text of a response may say why, and is not being read already. */
export const hasText = ({ status, headers, bodyUsed, body }: Response) =>
  !bodyUsed && !body?.locked && (status === 401 || /html/i.test(headers.get('content-type') ?? ''))

/** The first words of a copy of the body. `copy` is read to its end, or cancelled. */
export async function readText(copy: Response, secrets: readonly string[]): Promise<string | null> {
  const reader = copy.body?.getReader()
  const stop = () => void reader?.cancel().catch(() => {})
  const timer = setTimeout(stop, longestMs)
  const decoder = new TextDecoder()
  let body = ''
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      body += decoder.decode(part.value, { stream: true })
      if (body.length > largestBytes) stop()
    }
  } catch {
    // What arrived is still worth reading.
  } finally {
    clearTimeout(timer)
  }
  return scrub(wordsOf(body, copy.headers.get('content-type') ?? ''), secrets)
}
