import { isOffline, pageBaseUrl, parseUrl } from '../platform/page.ts'
import { createExplanation, type Explanation } from './explanation.ts'
import type { Facts } from './facts.ts'
import { readAnswer, readText, withoutQuery } from './read-answer.ts'
import type { Over } from './watch.ts'

/** By the answer itself; ky’s hooks and the app may hold a copy, so the latest ones are found by URL and status, too. */
const byResponse = new WeakMap<Response, Over>()
let latest: readonly Over[] = []
const mostLatest = 20

export function remember(over: Over): void {
  if (!over.response) return
  byResponse.set(over.response, over)
  latest = [over, ...latest].slice(0, mostLatest)
}

const find = (response: Response): Over | undefined =>
  byResponse.get(response) ??
  // What is made by hand has no URL.
  (response.url
    ? latest.find(over => over.response?.url === response.url && over.response.status === response.status)
    : undefined)

/** Of an answer that no client was seen to get. */
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
    sent: { credentials: 'unknown', reason: null, header: null, cookies: 'same-origin', wantsJson: false },
    token: null,
    answer: readAnswer(response, url, []),
    refresh: {
      outcome: 'none',
      reason: null,
      status: null,
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
 * Explains one answer: a 401, or a 403. Best while `explainUnauthorized` follows the client that got it: then it is known
 * what was sent. Does not use up the body.
 *
 * @example
 * if (response.status === 403) console.log(String(await explain(response)))
 */
export async function explain(response: Response): Promise<Explanation> {
  const found = find(response)
  const facts = found?.facts ?? factsOf(response)
  const known = await found?.text
  const words =
    known ??
    (response.bodyUsed || response.body?.locked ? null : await readText(response.clone(), found?.secrets ?? []))
  return createExplanation({ ...facts, answer: facts.answer && { ...facts.answer, text: words } }, [], 1)
}
