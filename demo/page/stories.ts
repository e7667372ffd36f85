import type { Client, EndReason, Session, SessionEvents } from 'latchkey'
import { part } from './configuration.ts'
import { plural, pull } from './controls.ts'
import { note } from './journal.ts'
import { hideLoginNotice } from './login-notice.ts'
import { wasTried } from './tally.ts'
import type { Timeline } from './timeline/timeline.ts'

const endings: Readonly<Record<EndReason, string>> = {
  'signed-out': 'Signed out, here and in every tab. The tokens are gone; the server was told.',
  replaced: 'Somebody else signed in. Nothing of the session before is sent as them.',
  'refresh-rejected':
    'The server refused the refresh token, so the session is over: tokens gone, waiting requests rejected.',
  expired: 'The token ran out, and there is no way to renew it.',
  misconfigured: 'The authorization server does not know this client.',
  'key-lost': 'The key of the session is gone.',
}

/** When the client will ask the authorization server again, in ms of the page's clock. */
export let asksAgainAt = 0

/** Tells the session's events: drawn in the timeline, and one sentence each in the log. */
export function tellStories({ session }: Client, timeline: Timeline): void {
  let held = 0
  const takeHeld = () => {
    const taken = held
    held = 0
    return taken
  }
  const showToken = createTokenStory(session, timeline)

  session.on('request', event => {
    part('invitation').hidden = true
    timeline.request(event)
    if (event.step === 'waiting' && event.for === 'refresh') held += 1
  })
  session.on('signed-in', event => {
    tellSignedIn(event, timeline)
    showToken()
  })
  session.on('restored', event => {
    tellRestored(event, timeline)
    showToken()
  })
  session.on('refreshed', event => tellRefreshed(event, takeHeld(), timeline))
  session.on('refresh-failed', event => {
    takeHeld()
    tellFailed(event, timeline)
  })
  session.on('ended', event => {
    takeHeld()
    tellEnded(event, timeline)
  })
  session.on('store-failed', ({ operation }) =>
    note('bad', `The store could not ${operation}; the session goes on in memory.`),
  )
}

/** Draws each token once; what it answers draws the present one again, on a timeline that was cut. */
function createTokenStory(session: Session, timeline: Timeline): () => void {
  let shown = ''
  const show = () => {
    const { accessTokenExpiresAtMs, epoch, generation, status } = session.getSnapshot()
    const token = `${epoch}.${generation}`
    if (status !== 'signed-in' || token === shown) return
    shown = token
    timeline.holds(generation, accessTokenExpiresAtMs === null ? null : accessTokenExpiresAtMs - Date.now())
  }
  session.subscribe(show)
  return () => {
    shown = ''
    show()
  }
}

function tellSignedIn({ subject, tab }: SessionEvents['signed-in'], timeline: Timeline): void {
  hideLoginNotice()
  const name = subject ?? 'somebody'
  const where = tab === 'other' ? ' in another tab, and so here' : ''
  timeline.milestone('signed-in', `${name} signed in`)
  note('good', `Signed in as ${name}${where}. It rests in IndexedDB: a reload keeps it, tabs share it.`)
}

function tellRestored({ subject, from }: SessionEvents['restored'], timeline: Timeline): void {
  const name = subject ?? 'somebody'
  timeline.milestone('signed-in', `${name} is back`)
  note('good', `The session of ${name} was found ${from === 'store' ? 'in IndexedDB' : 'by asking the server'}.`)
}

function tellRefreshed({ cause, generation, tab }: SessionEvents['refreshed'], held: number, timeline: Timeline): void {
  asksAgainAt = 0
  timeline.settled(tab === 'other' ? 'adopted' : 'refreshed')
  void pull('counters')
  if (tab === 'other') {
    note('key', 'Another tab fetched a token; this one took it over without an exchange of its own.', 'adopted')
  } else if (held > 0) {
    note('key', `One exchange brought token ${generation}; ${plural(held, 'request')} hung on it and went out with it.`)
  } else if (cause === 'expiring') {
    note('key', 'The token was renewed in the background before it ran out. Nothing had to wait.', 'renewed')
  } else {
    note('key', `Token ${generation} was fetched first, so that there is a good one.`)
  }
}

function tellFailed({ error }: SessionEvents['refresh-failed'], timeline: Timeline): void {
  asksAgainAt = performance.now() + error.retryAfterMs
  if (!wasTried(error)) {
    timeline.hindered()
    note('key', 'latchkey is still backing off, so it told “not now” at once and asked nobody.', 'hindered')
    return
  }
  timeline.settled('failed', error.retryAfterMs)
  void pull('counters')
  const why = error.status === null ? error.reason : `${error.reason} ${error.status}`
  const seconds = (error.retryAfterMs / 1000).toFixed(1)
  note('key', `No new token for now (${why}). The session stays; latchkey asks again in ${seconds} s at the earliest.`)
}

function tellEnded({ reason, subject, tab }: SessionEvents['ended'], timeline: Timeline): void {
  asksAgainAt = 0
  if (reason === 'signed-out') timeline.milestone('signed-out', `${subject ?? 'somebody'} signed out`)
  else timeline.milestone('ended', `session ended: ${reason}`)
  note(reason === 'signed-out' ? 'plain' : 'bad', endings[reason] + (tab === 'other' ? ' Another tab told us.' : ''))
}
