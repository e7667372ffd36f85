import type { Session } from 'latchkey'
import { part } from './configuration.ts'

const statusTexts = {
  unknown: 'Looking…',
  'signed-in': 'Signed in',
  reauthenticating: 'Asking who you are',
  'signed-out': 'Signed out',
} as const

/** Who is signed in, and how long the token lasts: a ring that runs out. */
export function showSession(session: Session): void {
  let backoffUntil = 0
  let fullMs = 1

  const show = () => {
    const { accessTokenExpiresAtMs, status } = session.getSnapshot()
    showPerson(session)
    // The longest seen: after a reload the first token is already partly used.
    fullMs = Math.max(fullMs, (accessTokenExpiresAtMs ?? 0) - Date.now())
    if (status !== 'signed-in') backoffUntil = 0
    showTime()
  }
  const showTime = () => {
    showRing(session, fullMs)
    showStatus(session, backoffUntil)
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

/** A session that waits for its person is one still. */
function isHeld(session: Session): boolean {
  const { status, subject } = session.getSnapshot()
  return status === 'signed-in' || (status === 'reauthenticating' && subject !== null)
}

function showPerson(session: Session): void {
  const { claims, epoch, generation, status, subject } = session.getSnapshot()
  const isIn = isHeld(session)
  const { name } = claims ?? {}
  part('subject').textContent = isIn ? String(name ?? subject) : 'Nobody'
  part('generation').textContent = isIn ? String(generation) : '–'
  part('epoch').textContent = String(epoch)
  part('sign-in').hidden = status !== 'signed-out'
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-needs-session]')) button.disabled = !isIn
}

function showRing(session: Session, fullMs: number): void {
  const { accessTokenExpiresAtMs } = session.getSnapshot()
  const isIn = isHeld(session)
  const leftMs = isIn ? Math.max(0, (accessTokenExpiresAtMs ?? 0) - Date.now()) : 0
  const share = Math.min(1, leftMs / fullMs)
  const state = !isIn ? 'none' : leftMs === 0 ? 'expired' : share < 0.25 ? 'expiring' : 'good'
  const ring = part('ring')
  ring.setAttribute('data-state', state)
  ring.style.setProperty('--share', (share * 100).toFixed(1))
  part('seconds').textContent = state === 'none' ? '–' : leftMs === 0 ? '0 s' : `${(leftMs / 1000).toFixed(1)} s`
  part('seconds-caption').textContent = state === 'none' ? 'no token' : leftMs === 0 ? 'expired' : 'token lasts'
}

function showStatus({ status }: Session, backoffUntil: number): void {
  const waitMs = backoffUntil - Date.now()
  const isBackingOff = status === 'signed-in' && waitMs > 0
  const text = isBackingOff ? `Asks again in ${Math.ceil(waitMs / 1000)} s` : statusTexts[status]
  const line = part('status')
  line.setAttribute('data-status', isBackingOff ? 'backing-off' : status)
  if (line.textContent !== text) line.textContent = text
}
