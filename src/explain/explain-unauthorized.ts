import { aFlag, checkClient, checkOptions, isFunction } from '../checks/option-rules.ts'
import { registeredParts } from '../client/internals.ts'
import type { Session } from '../client/session-api.ts'
import { warnOnce } from '../errors.ts'
import { callListener } from '../session/events.ts'
import { remember } from './explain.ts'
import { belowHeadline, type Explanation, headlineOf } from './explanation.ts'
import type { Facts } from './facts.ts'
import { createWatch, type FinishedRequest } from './follow-requests.ts'
import { createGroups } from './group.ts'
import { probe } from './probe.ts'
import { isCrossOrigin } from './questions.ts'

export interface ExplainOptions {
  /**
   * Called with each explanation; several requests of the same kind have one.
   * @default prints a collapsed group on the console
   * @example tell: explanation => overlay.show(String(explanation))
   */
  readonly tell?: ((explanation: Explanation) => void) | undefined
  /**
   * Also explain a 401 that a refresh fixed.
   * @default false
   */
  readonly includeRefreshed?: boolean | undefined
  /**
   * Where the page may not read a response, ask the same URL once more (GET, no token, no cookie, no query), to tell an
   * unreachable server, missing CORS headers and a forbidden preflight apart.
   * @default true
   */
  readonly probe?: boolean | undefined
}

function print(explanation: Explanation): void {
  console.groupCollapsed(`latchkey: ${headlineOf(explanation)}`)
  console.log(belowHeadline(explanation))
  console.groupEnd()
}

const ofAnotherCopy =
  'This client is of another copy of latchkey, so its 401s are not explained: import both as ES modules or both as CommonJS.'

/** Whether it is to be explained: a 401, a response that cannot be read, a login page or HTML where JSON was wanted. */
function needsExplanation({ response, sent }: Facts): boolean {
  if (!response || response.status === 401 || sent.reason === 'no-cors') return true
  return response.contentType === 'text/html' && response.status < 400 && sent.wantsJson
}

/**
 * Explains each 401 of a client that a refresh did not fix, and each response that the page may not read: why, how sure that
 * is, and what to do. For development: each request costs a little more. Returns a function that stops it.
 *
 * @example
 * if (import.meta.env.DEV) void import('latchkey/explain').then(({ explainUnauthorized }) => explainUnauthorized(api))
 */
export function explainUnauthorized(
  // biome-ignore lint/suspicious/noExplicitAny: whatever the claims are
  client: { readonly session: Session<any> },
  options: ExplainOptions = {},
): () => void {
  checkClient(client)
  checkOptions(options, { tell: [isFunction, 'a function'], includeRefreshed: aFlag, probe: aFlag })
  const { tell = print, includeRefreshed = false, probe: mayProbe = true } = options
  const { session } = client
  const groups = createGroups(explanation => callListener(tell, explanation))

  async function complete({ facts, text }: FinishedRequest): Promise<Facts> {
    const isUnread = facts.response === null || facts.response.status === 0
    const [words, probed] = await Promise.all([
      text,
      isUnread && mayProbe && facts.sent.reason !== 'no-cors' ? probe(facts.url, isCrossOrigin(facts)) : null,
    ])
    return { ...facts, probe: probed, response: facts.response && { ...facts.response, text: words } }
  }

  const watch = createWatch(
    () => session.getSnapshot().endReason,
    finished => {
      remember(finished)
      const isWanted = finished.isRecovered ? includeRefreshed : needsExplanation(finished.facts)
      if (isWanted) groups.add({ facts: finished.facts, complete: () => complete(finished) })
    },
  )
  const sends = registeredParts(session)?.sends
  if (!sends) warnOnce(ofAnotherCopy)
  const stops = [
    session.on('request', watch.onEvent),
    session.on('ended', watch.forget),
    sends?.add(watch.onSend),
    groups.stop,
    watch.forget,
  ]
  return () => {
    for (const stop of stops) stop?.()
  }
}
