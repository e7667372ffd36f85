import type { Client } from 'latchkey'
import { part } from './configuration.ts'
import { isBroken, pull } from './controls.ts'
import { note } from './journal.ts'
import { askForbidden, openSafe, sendMany, upload } from './senders.ts'
import { beginSignIn } from './sign-in.ts'
import { asksAgainAt } from './stories.ts'
import type { Tally } from './tally.ts'

const faultTexts: Readonly<Record<string, string>> = {
  offline: 'The authorization server is cut off.',
  unavailable: 'The authorization server answers 503 with Retry-After: 3.',
  slow: 'The authorization server takes six seconds; all requests wait for the one refresh.',
  garbage: 'The authorization server answers 200 with a hotel’s HTML, as a captive portal does.',
}
const settleMs = 300
/** So that the API is sure to reject a token before latchkey refreshes it for its age. */
const minValidityMs = 2500

/** Ties the buttons to what they do. Each shows at once what latchkey makes of it. */
export function bindActions(api: Client, tally: Tally): void {
  const actions = { ...createActions(api, tally), ...createSessionActions(api, tally) }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action]')) {
    const action = actions[button.getAttribute('data-action') ?? '']
    button.addEventListener('click', () => void action?.())
  }
  part('sign-in').addEventListener('click', () => void signIn('/'))

  let settling: ReturnType<typeof setTimeout> | undefined
  part('faults').addEventListener('change', ({ target }) => {
    // Arrow keys pass through the choices between: only where they stay is meant.
    clearTimeout(settling)
    const { value } = target as HTMLInputElement
    settling = setTimeout(() => void (value === 'none' ? mend(api, tally) : breakServer(api, tally, value)), settleMs)
  })
}

type Actions = Readonly<Record<string, () => Promise<void>>>

function createActions(api: Client, tally: Tally): Actions {
  const stale = part<HTMLInputElement>('stale')
  const begin = async () => {
    if (stale.checked) await holdTokenOf(api)
    const action = tally.begin()
    if (stale.checked) await pull('expire')
    return action
  }
  return {
    async storm() {
      await sendMany(api, await begin(), 50)
    },
    async upload() {
      await upload(api, await begin())
    },
    async forbidden() {
      await holdTokenOf(api)
      await askForbidden(api, tally.begin())
    },
    async safe() {
      await holdTokenOf(api)
      tally.begin()
      await openSafe(api)
    },
  }
}

function createSessionActions(api: Client, tally: Tally): Actions {
  return {
    async expire() {
      await holdTokenOf(api)
      const action = tally.begin()
      await pull('expire')
      note('plain', 'The API no longer takes this token. latchkey cannot know; the next request finds out.')
      await sendMany(api, action, 1)
    },
    async revoke() {
      await holdTokenOf(api)
      const action = tally.begin()
      await pull('revoke')
      note('plain', 'The server revoked the session: no token of it works any more. The next requests find out.')
      await sendMany(api, action, 3)
    },
    async 'sign-out'() {
      await api.session.signOut()
      part('sign-in').focus()
    },
  }
}

/** Makes sure that there is a token to be rejected: an expired one would never be sent. */
async function holdTokenOf(api: Client): Promise<void> {
  if (api.session.status === 'signed-in' && !isBroken)
    await api.session.getAccessToken({ minValidityMs }).catch(() => {})
}

/** Counts what was chosen for the authorization server: only the last choice is carried on with. */
let turn = 0

async function breakServer(api: Client, tally: Tally, mode: string): Promise<void> {
  turn += 1
  const ours = turn
  await holdTokenOf(api)
  if (ours !== turn) return
  const action = tally.begin()
  await pull(`fault/${mode}`)
  note('plain', faultTexts[mode] ?? mode)
  if (api.session.status !== 'signed-in') return
  await pull('expire')
  await sendMany(api, action, 4)
}

async function mend(api: Client, tally: Tally): Promise<void> {
  turn += 1
  const ours = turn
  await pull('fault/none')
  const waitMs = Math.max(0, asksAgainAt - performance.now())
  note('good', `Mended.${waitMs > 0 ? ` latchkey’s backoff is over in ${(waitMs / 1000).toFixed(1)} s.` : ''}`)
  await new Promise(resolve => setTimeout(resolve, waitMs + 50))
  if (ours !== turn || api.session.status !== 'signed-in') return
  await sendMany(api, tally.begin(), 4)
}

/** Leaves for the sign-in form, or says why that is not possible now. */
export async function signIn(returnTo: string | null): Promise<void> {
  try {
    location.assign(await beginSignIn(returnTo))
  } catch {
    note('bad', 'The authorization server cannot be reached. Mend it, then sign in.')
  }
}
