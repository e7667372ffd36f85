import type { RefreshUnavailableError, Session } from 'latchkey'
import { part } from './configuration.ts'

/** What this tab did since some moment, by the session's events. */
export interface Counts {
  readonly requests: number
  readonly refused: number
  readonly exchanges: number
  readonly replays: number
}

export interface Tally {
  /** Since the page was opened. */
  total(): Counts
  /** The page shows what comes from here on. */
  startAnew(): void
}

const names = ['requests', 'refused', 'exchanges', 'replays'] as const
const nothing: Counts = { requests: 0, refused: 0, exchanges: 0, replays: 0 }

/** Whether the server was asked; during a backoff, or offline, it is not. */
export const wasTried = ({ reason, status }: RefreshUnavailableError): boolean =>
  reason !== 'offline' && (reason !== 'status' || status !== null)

export const difference = (now: Counts, before: Counts): Counts => ({
  requests: now.requests - before.requests,
  refused: now.refused - before.refused,
  exchanges: now.exchanges - before.exchanges,
  replays: now.replays - before.replays,
})

/** Counts, and shows the counts since the last button. */
export function createTally(session: Session): Tally {
  const counts = { ...nothing }
  let base = nothing
  const underWay = new Set<number>()
  const counters = part('counters')

  const show = () => {
    const shown = difference(counts, base)
    for (const name of names) {
      const place = counters.querySelector(`[data-counter="${name}"] dd`)
      if (place) place.textContent = shown[name].toLocaleString()
    }
  }
  const count = (name: keyof Counts) => {
    counts[name] += 1
    show()
  }

  session.on('request', ({ id, step }) => {
    if (!underWay.has(id)) count('requests')
    if (step === 'refused') count('refused')
    if (step === 'replayed') count('replays')
    if (step === 'answered' || step === 'failed') underWay.delete(id)
    else underWay.add(id)
  })
  session.on('refreshed', ({ tab }) => tab === 'this' && count('exchanges'))
  session.on('refresh-failed', ({ error }) => wasTried(error) && count('exchanges'))
  session.on('ended', ({ reason, tab }) => tab === 'this' && reason === 'refused' && count('exchanges'))

  return {
    total: () => ({ ...counts }),
    startAnew() {
      base = { ...counts }
      show()
    },
  }
}
