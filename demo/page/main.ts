import { safeReturnTo } from 'latchkey'
import { explainUnauthorized } from 'latchkey/explain'
import { defineInspector } from 'latchkey/inspector'
import { bindActions, signIn } from './actions.ts'
import { offerBreaking } from './break-it.ts'
import { api } from './client.ts'
import { part } from './configuration.ts'
import { pull } from './controls.ts'
import { noteWhenIdle } from './idle-note.ts'
import { note } from './journal.ts'
import { bindSchemes } from './scheme.ts'
import { showSession } from './session-card.ts'
import { completeSignIn } from './sign-in.ts'
import { handBack } from './step-up.ts'
import { tellStories } from './stories.ts'
import { createTally } from './tally.ts'

if (!handBack()) await start()

async function start(): Promise<void> {
  defineInspector()
  const inspector = part<HTMLElementTagNameMap['latchkey-inspector']>('inspector')
  inspector.client = api
  inspector.explain = explainUnauthorized
  const tally = createTally(api.session)
  tellStories(api)
  showSession(api.session)
  bindActions(api, tally)
  bindSchemes()
  noteWhenIdle(api.session)
  offerBreaking()

  const { fault } = await pull('counters')
  const chosen = document.querySelector<HTMLInputElement>(`input[name="fault"][value="${fault}"]`)
  if (chosen) chosen.checked = true
  await arrive()
}

/** What brought the user here: a callback, a stored session, a login that the app asked for, or nothing. */
async function arrive(): Promise<void> {
  const { pathname, searchParams } = new URL(location.href)
  const { status, subject } = await api.session.ready()
  if (pathname === '/callback') {
    try {
      const { tokens, returnTo } = await completeSignIn(location.href)
      await api.session.signIn(tokens)
      if (returnTo === '/shell.html') location.replace(returnTo)
      else history.replaceState(null, '', returnTo)
    } catch {
      note('bad', 'The sign-in was not completed.')
      history.replaceState(null, '', '/')
    }
  } else if (status === 'signed-in') {
    note('good', `The session was found in IndexedDB: still signed in as ${subject ?? 'a user'}.`)
    if (pathname === '/login') history.replaceState(null, '', safeReturnTo(searchParams.get('returnTo')))
  } else if (pathname === '/login') {
    await signIn(searchParams.get('returnTo'))
  } else {
    note('plain', 'No user is signed in. Sign in, then fire 50 requests and watch.')
  }
}
