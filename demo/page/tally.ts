import type { RefreshUnavailableError, Session } from 'latchkey'
import { part } from './configuration.ts'

/** What this tab did since it was opened, by the session's events. */
export interface Tally {
  readonly requests: number
  readonly refused: number
  readonly exchanges: number
  readonly replays: number
}

/** Whether the server was asked; during a backoff, or offline, it is not. */
export const wasTried = ({ reason, status }: RefreshUnavailableError): boolean =>
  reason !== 'offline' && (reason !== 'status' || status !== null)

/** Counts into the page; answers how to read the counts. */
export function createTally(session: Session): () => Tally {
  const counts = { requests: 0, refused: 0, exchanges: 0, replays: 0 }
  const seen = new Set<number>()
  const counters = part('counters')

  const count = (name: keyof Tally) => {
    counts[name] += 1
    const place = counters.querySelector(`[data-counter="${name}"] dd`)
    if (place) place.textContent = counts[name].toLocaleString()
  }

  session.on('request', ({ id, step }) => {
    if (!seen.has(id)) count('requests')
    if (step === 'refused') count('refused')
    if (step === 'replayed') count('replays')
    if (step === 'answered' || step === 'failed') seen.delete(id)
    else seen.add(id)
  })
  session.on('refreshed', ({ tab }) => tab === 'this' && count('exchanges'))
  session.on('refresh-failed', ({ error }) => wasTried(error) && count('exchanges'))
  session.on('ended', ({ reason, tab }) => tab === 'this' && reason === 'refused' && count('exchanges'))
  return () => ({ ...counts })
}
