import type { LoginRequiredEvent } from 'latchkey'
import { part } from './configuration.ts'
import { note } from './journal.ts'

const reasons: Readonly<Record<LoginRequiredEvent['reason'], string>> = {
  'not-signed-in': 'No user is signed in.',
  'refresh-rejected': 'The server ended the session.',
  expired: 'The token ran out and cannot be renewed.',
  misconfigured: 'The server does not know this client.',
  'key-lost': 'The key of this session is gone.',
  'login-loop': 'Login was asked for twice within 30 s, with a sign-in between: signing in does not seem to help.',
}
const secondsToLook = 6
let timer: ReturnType<typeof setInterval> | undefined

/** Says why the person has to sign in, and goes there after a while, unless they want to stay and look. */
export function showLoginNotice({ reason, tab }: LoginRequiredEvent, goToLogin: () => void): void {
  note(
    'bad',
    `onLoginRequired was called once${tab === 'other' ? ', by another tab' : ''}, with the reason “${reason}”.`,
  )
  hideLoginNotice()
  const isLoop = reason === 'login-loop'
  const leave = () => {
    hideLoginNotice()
    goToLogin()
  }
  part('notice-text').textContent = reasons[reason] + (isLoop ? '' : ' You are taken to the sign-in.')
  // In a loop the library does not go to the login once more; a person may.
  part('notice-go').onclick = isLoop ? () => location.assign('/login') : leave
  part('notice-stay').onclick = () => {
    hideLoginNotice()
    part('sign-in').focus()
  }
  if (!isLoop) countDown(leave)
  part('notice').hidden = false
}

export function hideLoginNotice(): void {
  clearInterval(timer)
  part('notice-seconds').textContent = ''
  part('notice').hidden = true
}

function countDown(leave: () => void): void {
  let seconds = secondsToLook
  const place = part('notice-seconds')
  place.textContent = `${seconds} s`
  timer = setInterval(() => {
    seconds -= 1
    place.textContent = `${seconds} s`
    if (seconds === 0) leave()
  }, 1000)
}
