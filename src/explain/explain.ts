import { withoutQuery } from '../http/without-query.ts'
import { isOffline, pageBaseUrl, parseUrl } from '../platform/page.ts'
import { createExplanation, type Explanation } from './explanation.ts'
import type { Facts } from './facts.ts'
import type { FinishedRequest } from './follow-requests.ts'
import { readResponse, readText } from './read-response.ts'

/** By the response itself; ky’s hooks and the app may hold a copy, so the latest ones are found by URL and status, too. */
const byResponse = new WeakMap<Response, FinishedRequest>()
let latest: readonly FinishedRequest[] = []
const mostLatest = 20

export function remember(finished: FinishedRequest): void {
  if (!finished.response) return
  byResponse.set(finished.response, finished)
  latest = [finished, ...latest].slice(0, mostLatest)
}

const find = (response: Response): FinishedRequest | undefined =>
  byResponse.get(response) ??
  // A response that was made by `new Response` has no URL.
  (response.url
    ? latest.find(one => one.response?.url === response.url && one.response.status === response.status)
    : undefined)

/** The facts of a response that no observed client received. */
function factsOf(response: Response): Facts {
  const page = pageBaseUrl()
  const parsed = parseUrl(response.url)
  const url = parsed ? withoutQuery(parsed) : 'about:blank'
  return {
    method: 'GET',
    url,
    pageOrigin: page === undefined ? null : new URL(page).origin,
    isOffline: isOffline(),
    atMs: Date.now(),
    sent: {
      credentials: 'unknown',
      reason: null,
      header: null,
      cookies: 'same-origin',
      wantsJson: false,
      isStream: false,
    },
    token: null,
    response: readResponse(response, url, []),
    refresh: {
      outcome: 'none',
      reason: null,
      status: null,
      message: null,
      isReplayed: false,
      notReplayable: null,
      isSameToken: false,
      isWithoutRefreshToken: false,
    },
    history: { acceptedAt: null, acceptedIssuer: null, wasReadable: false, isOtherSession: false, endReason: null },
    probe: null,
  }
}

/**
 * Explains one response: a 401, or a 403. Best while `explainUnauthorized` follows the client that received it: then it is known
 * what was sent. Does not use up the body.
 *
 * @example
 * if (response.status === 403) console.log(String(await explain(response)))
 */
export async function explain(response: Response): Promise<Explanation> {
  const found = find(response)
  const facts = found?.facts ?? factsOf(response)
  const known = await found?.text
  const secrets = found ? found.secrets.latest : []
  const isUnreadable = !secrets || response.bodyUsed || response.body?.locked
  const words = known ?? (isUnreadable ? null : await readText(response.clone(), secrets))
  return createExplanation({ ...facts, response: facts.response && { ...facts.response, text: words } }, [], 1)
}
