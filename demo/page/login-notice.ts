import type { LoginRequired } from 'latchkey'
import { part } from './configuration.ts'
import { note } from './journal.ts'

const reasons: Readonly<Record<LoginRequired['reason'], string>> = {
  'not-signed-in': 'Nobody is signed in.',
  refused: 'The server ended the session.',
  expired: 'The token ran out and cannot be renewed.',
  misconfigured: 'The server does not know this client.',
  'key-lost': 'The key of this session is gone.',
  'login-loop': 'Signing in does not help.',
}
const secondsToLook = 6
let timer: ReturnType<typeof setInterval> | undefined

/** Says why the person has to sign in, and goes there after a while, unless they want to stay and look. */
export function showLoginNotice({ reason, tab }: LoginRequired, go: () => void): void {
  note('bad', `onLoginRequired was told once${tab === 'other' ? ', by another tab' : ''}, with the reason “${reason}”.`)
  if (reason === 'login-loop') return go()
  hideLoginNotice()
  let seconds = secondsToLook
  const countdown = part('notice-seconds')
  countdown.textContent = `${seconds} s`
  timer = setInterval(() => {
    seconds -= 1
    countdown.textContent = `${seconds} s`
    if (seconds === 0) leave()
  }, 1000)
  const leave = () => {
    hideLoginNotice()
    go()
  }
  part('notice-go').onclick = leave
  part('notice-stay').onclick = () => {
    hideLoginNotice()
    part('sign-in').focus()
  }
  part('notice-text').textContent = `${reasons[reason]} You are taken to the sign-in.`
  part('notice').hidden = false
}

export function hideLoginNotice(): void {
  clearInterval(timer)
  part('notice').hidden = true
}
