import type { Session } from 'latchkey'
import { part } from './configuration.ts'
import { note } from './journal.ts'

const statusTexts = {
  unknown: 'Looking…',
  'signed-in': 'Signed in',
  reauthenticating: 'Asking who you are',
  'signed-out': 'Signed out',
} as const

/** Who is signed in, and how long the token lasts: a ring that runs out. */
export function showSession(session: Session): void {
  const ring = part('ring')
  const left = ring.querySelector<SVGCircleElement>('.ring-left')
  let backoffUntil = 0
  let fullMs = 1
  let wasIdle = false

  const show = () => {
    const snapshot = session.getSnapshot()
    const isIn = snapshot.status === 'signed-in'
    const { name } = snapshot.claims ?? {}
    part('subject').textContent = isIn ? String(name ?? snapshot.subject) : 'Nobody'
    part('generation').textContent = isIn ? String(snapshot.generation) : '–'
    part('epoch').textContent = String(snapshot.epoch)
    part('sign-in').hidden = snapshot.status !== 'signed-out'
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-needs-session]')) button.disabled = !isIn
    // The longest seen: after a reload the first token is already partly used.
    fullMs = Math.max(fullMs, (snapshot.accessTokenExpiresAtMs ?? 0) - Date.now())
    if (!isIn) backoffUntil = 0
    showTime()
  }

  const noteIdle = () => {
    if (wasIdle || backoffUntil > Date.now()) return
    wasIdle = true
    note('plain', 'Nothing was asked, so the token ran out. Still signed in: the next request waits for a new one.')
  }

  const showTime = () => {
    const { accessTokenExpiresAtMs, status } = session.getSnapshot()
    const isIn = status === 'signed-in'
    const leftMs = Math.max(0, (accessTokenExpiresAtMs ?? 0) - Date.now())
    const share = isIn ? Math.min(1, leftMs / fullMs) : 0
    ring.setAttribute('data-state', !isIn ? 'none' : leftMs === 0 ? 'expired' : share < 0.25 ? 'due' : 'good')
    if (left) left.style.strokeDasharray = `${(share * 100).toFixed(1)} 100`
    if (isIn && leftMs === 0 && document.visibilityState === 'visible') noteIdle()
    part('seconds').textContent = isIn ? `${(leftMs / 1000).toFixed(1)} s` : '–'
    part('seconds-caption').textContent = !isIn ? 'no token' : leftMs === 0 ? 'has expired' : 'token lasts'
    const waitMs = backoffUntil - Date.now()
    const isBackingOff = isIn && waitMs > 0
    const line = part('status')
    line.setAttribute('data-status', isBackingOff ? 'backing-off' : status)
    const text = isBackingOff ? `Asks again in ${Math.ceil(waitMs / 1000)} s` : statusTexts[status]
    if (line.textContent !== text) line.textContent = text
  }

  session.subscribe(show)
  session.on('refresh-failed', ({ error }) => {
    backoffUntil = Date.now() + error.retryAfterMs
  })
  session.on('refreshed', () => {
    backoffUntil = 0
  })
  setInterval(showTime, 100)
  show()
}
