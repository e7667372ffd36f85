import type { Client, EndReason, SessionEvents } from 'latchkey'
import { plural, pull } from './controls.ts'
import { note } from './journal.ts'
import { hideLoginNotice } from './login-notice.ts'
import { wasTried } from './tally.ts'

const endings: Readonly<Record<EndReason, string>> = {
  'signed-out': 'Signed out, here and in every tab. The tokens are removed, and the server revokes them.',
  replaced: 'Another user signed in. Nothing of the session before is sent in their name.',
  'refresh-rejected':
    'The server rejected the refresh token, so the session is over: its tokens are removed, and waiting requests fail.',
  expired: 'The token expired, and there is no way to refresh it.',
  misconfigured: 'The authorization server does not know this client.',
  'key-lost': 'The key of the session is lost.',
}

/** When the client will ask the authorization server again, in ms of the page's clock. */
export let asksAgainAt = 0

/** Writes one sentence for each event of the session. */
export function tellStories({ session }: Client): void {
  let held = 0
  const takeHeld = () => {
    const taken = held
    held = 0
    return taken
  }

  session.on('request', event => {
    if (event.step === 'waiting' && event.for === 'refresh') held += 1
  })
  session.on('signed-in', tellSignedIn)
  session.on('restored', tellRestored)
  session.on('refreshed', event => tellRefreshed(event, takeHeld()))
  session.on('refresh-failed', event => {
    takeHeld()
    tellFailed(event)
  })
  session.on('ended', event => {
    takeHeld()
    tellEnded(event)
  })
  session.on('store-failed', ({ operation }) =>
    note('bad', `The store could not ${operation}; the session goes on in memory.`),
  )
}

function tellSignedIn({ subject, tab }: SessionEvents['signed-in']): void {
  hideLoginNotice()
  const name = subject ?? 'a user'
  const where = tab === 'other' ? ' in another tab, and so here' : ''
  note(
    'good',
    `Signed in as ${name}${where}. The session is stored in IndexedDB: a reload keeps it, and tabs share it.`,
  )
}

function tellRestored({ subject, from }: SessionEvents['restored']): void {
  const name = subject ?? 'a user'
  note('good', `The session of ${name} was found ${from === 'store' ? 'in IndexedDB' : 'by asking the server'}.`)
}

function tellRefreshed({ cause, generation, tab }: SessionEvents['refreshed'], held: number): void {
  asksAgainAt = 0
  void pull('counters')
  if (tab === 'other') {
    note('key', 'Another tab refreshed the token; this one uses it without a refresh of its own.', 'adopted')
  } else if (held > 0) {
    note(
      'key',
      `One refresh returned token ${generation}; ${plural(held, 'request')} waited for it and were sent with it.`,
    )
  } else if (cause === 'expiring') {
    note('key', 'The token was refreshed in the background before it expired. No request had to wait.', 'renewed')
  } else {
    note('key', `Token ${generation} was fetched first, so that a good one is held.`)
  }
}

function tellFailed({ error }: SessionEvents['refresh-failed']): void {
  asksAgainAt = performance.now() + error.retryAfterMs
  if (!wasTried(error)) {
    note('key', 'latchkey is still backing off: the requests failed at once, and no refresh was sent.', 'hindered')
    return
  }
  void pull('counters')
  const why = error.status === null ? error.reason : `${error.reason} ${error.status}`
  const seconds = (error.retryAfterMs / 1000).toFixed(1)
  note(
    'key',
    `No new token for now (${why}). The session stays; latchkey refreshes again in ${seconds} s at the earliest.`,
  )
}

function tellEnded({ reason, tab }: SessionEvents['ended']): void {
  asksAgainAt = 0
  note(
    reason === 'signed-out' ? 'plain' : 'bad',
    endings[reason] + (tab === 'other' ? ' It happened in another tab.' : ''),
  )
}
