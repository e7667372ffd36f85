import type { Client, EndReason } from 'latchkey'
import { part } from './configuration.ts'
import { plural, pull } from './controls.ts'
import { note } from './journal.ts'
import { hideLoginNotice } from './login-notice.ts'
import { wasTried } from './tally.ts'
import type { Timeline } from './timeline/timeline.ts'

const endings: Readonly<Record<EndReason, string>> = {
  'signed-out': 'Signed out, here and in every tab. The tokens are gone; the server was told.',
  replaced: 'Somebody else signed in. Nothing of the session before is sent as them.',
  refused: 'The server refused the refresh token, so the session is over: tokens gone, waiting requests rejected.',
  expired: 'The token ran out, and there is no way to renew it.',
  misconfigured: 'The authorization server does not know this client.',
  'key-lost': 'The key of the session is gone.',
}

/** When the client will ask the authorization server again, in ms of the page's clock. */
export let asksAgainAt = 0

/** Tells the session's events: drawn in the timeline, and one sentence each in the log. */
export function tellStories({ session }: Client, timeline: Timeline): void {
  let held = 0
  let shown = ''

  const showToken = () => {
    const { accessTokenExpiresAtMs, epoch, generation, status } = session.getSnapshot()
    const token = `${epoch}.${generation}`
    if (status !== 'signed-in' || token === shown) return
    shown = token
    timeline.holds(generation, accessTokenExpiresAtMs === null ? null : accessTokenExpiresAtMs - Date.now())
  }
  session.subscribe(showToken)

  session.on('request', event => {
    part('invitation').hidden = true
    timeline.request(event)
    if (event.step === 'waiting' && event.for === 'refresh') held += 1
  })

  session.on('signed-in', ({ subject, tab }) => {
    hideLoginNotice()
    const where = tab === 'other' ? ' in another tab, and so here' : ''
    timeline.milestone('signed-in', `${subject ?? 'somebody'} signed in`)
    shown = ''
    showToken()
    note(
      'good',
      `Signed in as ${subject ?? 'somebody'}${where}. It rests in IndexedDB: a reload keeps it, tabs share it.`,
    )
  })

  session.on('refreshed', ({ cause, generation, tab }) => {
    const waited = held
    held = 0
    asksAgainAt = 0
    timeline.settled(tab === 'other' ? 'adopted' : 'refreshed')
    void pull('counters')
    if (tab === 'other') {
      note('key', 'Another tab fetched a token; this one took it over without an exchange of its own.', 'adopted')
    } else if (waited > 0) {
      note(
        'key',
        `One exchange brought token ${generation}; ${plural(waited, 'request')} hung on it ${cause === 'refused' ? 'and went out again' : 'and went out with it'}.`,
      )
    } else if (cause === 'asked') {
      note('key', `Token ${generation} was asked for and fetched.`)
    } else {
      note('key', 'The token was renewed in the background before it ran out. Nothing had to wait.', 'renewed')
    }
  })

  session.on('refresh-failed', ({ error }) => {
    held = 0
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
    note(
      'key',
      `No new token for now (${why}). The session stays; latchkey asks again after ${seconds} s at the earliest.`,
    )
  })

  session.on('ended', ({ reason, tab }) => {
    held = 0
    asksAgainAt = 0
    timeline.milestone('ended', `session ended: ${reason}`)
    note(reason === 'signed-out' ? 'plain' : 'bad', endings[reason] + (tab === 'other' ? ' Another tab told us.' : ''))
  })

  session.on('store-failed', ({ operation }) =>
    note('bad', `The store could not ${operation}; the session goes on in memory.`),
  )
}
