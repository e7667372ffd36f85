import type { AnySession } from './follow-session.ts'
import { make, setText, setVariable } from './make.ts'
import { showDuration } from './scale.ts'

/** Whose session it is, and how long its token lasts. */
export interface Head {
  readonly element: HTMLElement
  readonly pause: HTMLButtonElement
  readonly clear: HTMLButtonElement
  /** @returns whether time passes in it, so that it is to be drawn again in a second. */
  update(session: AnySession | null): boolean
}

export function createHead(): Head {
  const subject = make('b', 'subject')
  const status = make('span', 'status')
  const numbers = make('span', 'numbers')
  const fuel = make('span', 'fuel', [make('span')])
  fuel.setAttribute('aria-hidden', 'true')
  const left = make('span', 'left')
  const pause = makeButton('Pause')
  const clear = makeButton('Clear')
  pause.ariaPressed = 'false'
  const who = make('p', 'who', [subject, status, numbers])
  const element = make('header', '', [who, make('p', 'life', [fuel, left]), make('p', 'buttons', [pause, clear])])
  /** The longest that was seen: the snapshot does not say how long a token was valid at first. */
  let fullMs = 1

  return {
    element,
    pause,
    clear,
    update(session) {
      const snapshot = session?.getSnapshot()
      const known = snapshot?.status ?? 'unknown'
      element.setAttribute('data-status', session ? known : 'none')
      const isHeld = snapshot !== undefined && (known === 'signed-in' || known === 'reauthenticating')
      setText(subject, isHeld ? (snapshot.subject ?? 'A user') : session ? 'No user' : 'No client')
      setText(status, session ? known.replace('-', ' ') : 'set the property client')
      setText(numbers, isHeld ? `epoch ${snapshot.epoch} · token ${snapshot.generation}` : '')
      const expiresAtMs = isHeld ? snapshot.accessTokenExpiresAtMs : null
      const leftMs = Math.max(0, (expiresAtMs ?? 0) - Date.now())
      if (leftMs > fullMs) fullMs = leftMs
      const share = expiresAtMs === null ? 0 : leftMs / fullMs
      setVariable(fuel, '--share', share.toFixed(3))
      fuel.hidden = expiresAtMs === null
      element.toggleAttribute('data-low', share < 0.25)
      setText(left, describeLeft(isHeld, expiresAtMs, leftMs))
      return leftMs > 0
    },
  }
}

function describeLeft(isHeld: boolean, expiresAtMs: number | null, leftMs: number): string {
  if (!isHeld) return ''
  if (expiresAtMs === null) return 'lifetime not known'
  return leftMs > 0 ? `${showDuration(Math.ceil(leftMs / 1000) * 1000)} left` : 'expired'
}

function makeButton(text: string): HTMLButtonElement {
  const button = make('button', '', [text])
  button.type = 'button'
  return button
}
