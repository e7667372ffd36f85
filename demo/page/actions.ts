import type { Client } from 'latchkey'
import { part } from './configuration.ts'
import { pull } from './controls.ts'
import { note } from './journal.ts'
import { makeFile, type Senders } from './senders.ts'
import { startSignIn } from './sign-in.ts'
import { asksAgainAt } from './stories.ts'

const faultTexts: Readonly<Record<string, string>> = {
  offline: 'The authorization server is cut off.',
  unavailable: 'The authorization server answers 503 with Retry-After: 3.',
  slow: 'The authorization server takes six seconds; everyone waits for the one exchange.',
  garbage: 'The authorization server answers 200 with a hotel’s HTML, as a captive portal does.',
}

const settleMs = 300

/** Ties the buttons to what they do. Each shows at once what latchkey makes of it. */
export function bindActions(api: Client, { send, upload, forbidden }: Senders): void {
  const stale = part<HTMLInputElement>('stale')
  const makeStale = async () => void (stale.checked && (await pull('expire')))
  const isSignedIn = () => api.session.status === 'signed-in'

  const actions: Readonly<Record<string, () => Promise<void>>> = {
    async storm() {
      await makeStale()
      await send(50)
    },
    async upload() {
      await makeStale()
      await upload(makeFile())
    },
    async forbidden() {
      await forbidden()
    },
    async expire() {
      await pull('expire')
      note('plain', 'The API no longer takes this token. latchkey cannot know; the next request finds out.')
      await send(1)
    },
    async revoke() {
      await pull('revoke')
      note('plain', 'The server revoked the session: no token of it works any more. The next requests find out.')
      await send(3)
    },
    async 'sign-out'() {
      await api.session.signOut()
      part('sign-in').focus()
    },
  }

  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action]')) {
    const action = actions[button.getAttribute('data-action') ?? '']
    button.addEventListener('click', () => void action?.())
  }

  part('sign-in').addEventListener('click', () => void signIn('/'))

  const suffer = async (mode: string) => {
    await pull(`fault/${mode}`)
    if (mode === 'none') {
      const waitMs = Math.max(0, asksAgainAt - performance.now())
      note('good', `Mended.${waitMs > 0 ? ` latchkey’s backoff is over in ${(waitMs / 1000).toFixed(1)} s.` : ''}`)
      setTimeout(() => isSignedIn() && void send(4), waitMs + 50)
      return
    }
    note('plain', faultTexts[mode] ?? mode)
    if (!isSignedIn()) return
    await pull('expire')
    await send(4)
  }

  let settling: ReturnType<typeof setTimeout> | undefined
  part('faults').addEventListener('change', ({ target }) => {
    // Arrow keys pass through the choices between: only where they stay is meant.
    clearTimeout(settling)
    settling = setTimeout(() => void suffer((target as HTMLInputElement).value), settleMs)
  })
}

/** Leaves for the sign-in form, or says why that is not possible now. */
export async function signIn(returnTo: string | null): Promise<void> {
  try {
    await startSignIn(returnTo)
  } catch {
    note('bad', 'The authorization server cannot be reached. Mend it, then sign in.')
  }
}
