import type { Random } from '../random.ts'
import type { Computer, PageLife } from './computer.ts'
import type { NetworkFault } from './plan.ts'
import type { Timeline } from './timeline.ts'

/** What the server answers; made when the request reaches it. */
export interface Reply {
  readonly response: () => Response
  /** What the browser does when the response arrives, whether or not the page runs: `Set-Cookie`. */
  readonly arrive?: () => void
}

export interface Passage {
  readonly fault: NetworkFault | undefined
  readonly signal: AbortSignal | null
  readonly keepalive: boolean
  readonly handle: () => Reply
  /** Called when the page learns something, or gives up. */
  readonly onEnd?: (isAnswered: boolean) => void
}

export interface Network {
  isDown: boolean
  isCalm: boolean
  send(page: PageLife, passage: Passage): Promise<Response>
}

const truncated = () => new Response('{"accessToken": "a', { headers: { 'content-type': 'application/json' } })
const portal = () => new Response('<html>Welcome to our hotel</html>', { headers: { 'content-type': 'text/html' } })

/** What another server on the way answers in place of the real one. */
const inPlaceOf: Partial<Record<NetworkFault, () => Response>> = {
  busy: () => new Response(null, { status: 503 }),
  'busy-until': () => new Response(null, { status: 429, headers: { 'retry-after': '4' } }),
  broken: () => new Response('{"message":"oops"}', { status: 500 }),
  html: portal,
}
/** How many seconds a busy server asks for. */
export const retryAfterMs = 4000
export const hangMs = 45_000

/** The network of one computer: in order of time, and as faulty as each request is told. */
export function createNetwork(timeline: Timeline, computer: Computer, random: Random): Network {
  const delayMs = (fault: NetworkFault | undefined) =>
    fault === 'slow' && !network.isCalm ? random.between(1000, 7000) : random.between(2, 60)

  const network: Network = {
    isDown: false,
    isCalm: false,
    send(page, { fault, signal, keepalive, handle, onEnd }) {
      return new Promise<Response>((resolve, reject) => {
        let isOver = false
        const end = (isAnswered: boolean, settle: () => void) => {
          if (isOver) return
          isOver = true
          onEnd?.(isAnswered)
          settle()
        }
        const fail = (afterMs: number) =>
          void page.task(afterMs, () => end(false, () => reject(new TypeError('Failed to fetch'))))
        if (signal?.aborted) return end(false, () => reject(signal.reason))
        signal?.addEventListener('abort', () => end(false, () => reject(signal.reason)))
        if (network.isDown) return fail(5)
        if (fault === 'lost-before') return fail(random.between(1, 300))
        if (fault === 'hang') return fail(hangMs)
        timeline.after(delayMs(fault), () => {
          if (page.isDead && !keepalive) return
          const replacement = fault && inPlaceOf[fault]
          const reply = replacement ? { response: replacement } : handle()
          const isCut = network.isDown || (computer.isAsleep && random.chance(0.5))
          if (fault === 'lost-after' || isCut) return fail(random.between(1, 300))
          timeline.after(delayMs(fault), () => {
            // The browser keeps the cookie although the page sleeps; not of a request that was given up.
            if (!isOver && (!page.isDead || keepalive)) reply.arrive?.()
            const response = fault === 'cut' ? truncated() : reply.response()
            page.task(0, () => end(fault !== 'cut', () => resolve(response)))
          })
        })
      })
    },
  }
  return network
}
