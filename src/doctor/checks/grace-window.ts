import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { type Outcome, ok, skipped, unknown, warning } from '../finding.ts'
import type { Renewed } from '../sessions.ts'

// Near its end, but so that a slow network does not miss it.
const share = 0.8

async function presentLate({ session, before }: Renewed, examination: Examination): Promise<Outcome> {
  const { renewer, sessions, learned, settings, describe, wait } = examination
  // As a number that can be printed: 3 * 0.8 is 2.4000000000000004.
  const seconds = Math.round(settings.graceSeconds * share * 1000) / 1000
  await wait(seconds * 1000)
  const again = await renewer.renew(before, { note: `with the replaced refresh token, ${seconds} s later` })
  const evidence = [describe(again.response)]
  if (again.kind === 'granted') {
    session.credential = again.credential
    return { evidence, findings: [ok(`A replaced refresh token is still accepted after ${seconds} s.`)] }
  }
  // It may have ended the session; the next check finds out with the next renewal.
  if (again.kind === 'refused' && learned.reuseEndsSession) sessions.end(session)
  const says = `A replaced refresh token is no longer accepted after ${seconds} s (status ${again.response.status}).`
  const fix = `Let the window be about half a minute; if it is shorter on purpose, give --grace-seconds and set \`limits.reuseIntervalMs\` of the client to it.`
  return { evidence, findings: [warning(says, fix)] }
}

export const graceWindow: Check = {
  id: 'grace-window',
  question: 'Is the window in which a refresh can be repeated long enough?',
  needs: ['renewal'],
  spends: 'session',
  why: 'A client notices a lost response only at its timeout of ten seconds, and a closed page only when it is opened again.',
  references: ['RFC 9700 §4.14.2'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions, learned } = examination
    if (learned.window === 'closed') {
      return { evidence: [], findings: [skipped('There is no window: see lost-response.')] }
    }
    if (learned.window === 'not-replaced') {
      return { evidence: [], findings: [skipped('Refresh tokens are not replaced.')] }
    }
    const renewed = await sessions.renew('to refresh')
    if (renewed) return presentLate(renewed, examination)
    return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
  },
}
