import type { Session } from '../client/session-api.ts'
import { sendsOf, type WithSends } from '../request/sends.ts'
import { callListener } from '../session/events.ts'
import { remember } from './explain.ts'
import { type Explanation, headlineOf } from './explanation.ts'
import type { Facts } from './facts.ts'
import { createGroups } from './group.ts'
import { probe } from './probe.ts'
import { isCrossOrigin } from './reading.ts'
import { createWatch, type Over } from './watch.ts'

export interface ExplainOptions {
  /**
   * Called with each explanation; several requests of the same kind have one.
   * @default prints a collapsed group on the console
   * @example tell: explanation => overlay.show(String(explanation))
   */
  readonly tell?: ((explanation: Explanation) => void) | undefined
  /**
   * Also explain a 401 that a refresh cured.
   * @default false
   */
  readonly includeRefreshed?: boolean | undefined
  /**
   * Where the page may not read an answer, ask the same URL once more (GET, no token, no cookie, no query), to tell an
   * unreachable server, missing CORS headers and a forbidden preflight apart.
   * @default true
   */
  readonly probe?: boolean | undefined
}

function print(explanation: Explanation): void {
  console.groupCollapsed(`latchkey: ${headlineOf(explanation)}`)
  console.log(String(explanation))
  console.groupEnd()
}

/** Whether it is to be explained: a 401, an answer that cannot be read, a login page or HTML where JSON was wanted. */
function isRiddle({ answer, sent }: Facts): boolean {
  if (!answer || answer.status === 401 || sent.reason === 'no-cors') return true
  return answer.contentType === 'text/html' && answer.status < 400 && sent.wantsJson
}

/**
 * Explains each 401 of a client that a refresh did not cure, and each answer that the page may not read: why, how sure that
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
  const { tell = print, includeRefreshed = false, probe: mayProbe = true } = options
  const { session } = client
  const groups = createGroups(explanation => callListener(tell, explanation))

  async function complete({ facts, text }: Over): Promise<Facts> {
    const isUnread = facts.answer === null || facts.answer.status === 0
    const [words, probed] = await Promise.all([
      text,
      isUnread && mayProbe && facts.sent.reason !== 'no-cors' ? probe(facts.url, isCrossOrigin(facts)) : null,
    ])
    return { ...facts, probe: probed, answer: facts.answer && { ...facts.answer, text: words } }
  }

  const watch = createWatch(
    () => session.getSnapshot().endReason,
    over => {
      remember(over)
      const isWanted = over.isCured ? includeRefreshed : isRiddle(over.facts)
      if (isWanted) groups.add({ facts: over.facts, complete: () => complete(over) })
    },
  )
  const sends = (session as WithSends)[sendsOf]
  const stops = [session.on('request', watch.onEvent), sends?.add(watch.onSend), groups.stop]
  return () => {
    for (const stop of stops) stop?.()
  }
}
