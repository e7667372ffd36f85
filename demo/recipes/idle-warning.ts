// Warns before the sign-out for lack of input, counted over all tabs of the origin: "Are you still there?"
import type { Client } from 'latchkey'
import { signOutWhenIdle } from './idle-logout'

export interface IdleOptions {
  readonly idleMs: number
  /** How long before the sign-out the warning appears. */
  readonly warnMs: number
  /** Called each second of the warning with the seconds left, and with `null` when it is over. */
  readonly onWarning: (secondsLeft: number | null) => void
}

/**
 * @example const stop = warnWhenIdle(api, { idleMs: 15 * 60_000, warnMs: 60_000, onWarning: showDialog })
 * @returns its undo
 */
export function warnWhenIdle(api: Pick<Client, 'session'>, { idleMs, warnMs, onWarning }: IdleOptions): () => void {
  let isWarning = false
  const look = () => {
    const leftMs = Number(localStorage.getItem('last-input-at') ?? Date.now()) + idleMs - Date.now()
    const isDue = api.session.status === 'signed-in' && leftMs <= warnMs && leftMs > 0
    if (isDue || isWarning) onWarning(isDue ? Math.ceil(leftMs / 1000) : null)
    isWarning = isDue
  }
  const stopSignOut = signOutWhenIdle(api, idleMs)
  const stopEnded = api.session.on('ended', look)
  const timer = setInterval(look, 1000)
  return () => {
    stopSignOut()
    stopEnded()
    clearInterval(timer)
  }
}
