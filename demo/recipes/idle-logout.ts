// Signs out after a time without input, counted over all tabs of the origin.
import type { Client } from 'latchkey'

const key = 'last-input-at'
const inputs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const
const lookEveryMs = 1000

/**
 * @example const stop = signOutWhenIdle(api, 15 * 60_000)
 * @returns its undo
 */
export function signOutWhenIdle({ session }: Pick<Client, 'session'>, idleMs: number): () => void {
  const isIdle = () => {
    const lastInputAt = localStorage.getItem(key)
    return lastInputAt !== null && Date.now() - Number(lastInputAt) >= idleMs
  }
  const look = () => {
    if (isIdle() && session.status === 'signed-in') session.signOut()
  }
  // Looks first: whoever opens a laptop in the morning must not count as active by the first key.
  const input = () => {
    look()
    if (session.status === 'signed-in') localStorage.setItem(key, String(Date.now()))
  }

  // Before anything else writes there: a session that is restored now may have been left alone for long.
  const wasIdle = isIdle()
  session.ready().then(({ status }) => {
    if (wasIdle && status === 'signed-in') session.signOut()
  })
  const stopSignedIn = session.on('signed-in', ({ tab }) => {
    if (tab === 'this') localStorage.setItem(key, String(Date.now()))
  })
  // Timers stand still while the page sleeps, so waking looks too.
  const timer = setInterval(look, lookEveryMs)
  document.addEventListener('visibilitychange', look)
  for (const type of inputs) addEventListener(type, input, { capture: true, passive: true })
  return () => {
    stopSignedIn()
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
    for (const type of inputs) removeEventListener(type, input, { capture: true })
  }
}
