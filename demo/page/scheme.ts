import type { Scheme } from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { part } from './configuration.ts'

const storageKey = 'latchkey-demo:tokens'

/** Whether this page's tokens are bound to a key. It holds for all tabs, from their next load on. */
export const isBound = localStorage.getItem(storageKey) === 'dpop'

/** `undefined`: Bearer, as by default. */
export const scheme: Scheme | undefined = isBound ? dpop() : undefined

/** Shows the choice, and begins anew with another: each kind of token has a session of its own. */
export function bindSchemes(): void {
  part('token-kind').textContent = isBound ? 'DPoP' : 'Bearer'
  document.body.setAttribute('data-tokens', isBound ? 'dpop' : 'bearer')
  const choices = part('schemes')
  const chosen = choices.querySelector<HTMLInputElement>(`input[value="${isBound ? 'dpop' : 'bearer'}"]`)
  // Browsers remember over a reload what was checked before it.
  if (chosen) chosen.checked = true
  choices.addEventListener('change', ({ target }) => {
    localStorage.setItem(storageKey, (target as HTMLInputElement).value)
    location.assign('/')
  })
}
