import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { fault, type Outcome, ok, skipped, unknown, warning } from '../finding.ts'
import type { Renewed } from '../sessions.ts'

// Past the window for sure, whatever the server rounds to.
const surelyPast = (graceSeconds: number) => graceSeconds * 1.1 + 1

const goesOn = warning(
  'A reused refresh token is refused, but the session goes on: a thief who used it first keeps the session.',
  'Revoke every token of the session when a replaced refresh token is used after the window.',
)

async function presentTooLate(renewed: Renewed, examination: Examination): Promise<Outcome> {
  const { renewer, sessions, settings, describe, wait } = examination
  const { session, before } = renewed
  const seconds = surelyPast(settings.graceSeconds)
  await wait(seconds * 1000)
  const again = await renewer.renew(before, { note: `with the replaced refresh token, ${seconds.toFixed(1)} s later` })
  const evidence = [describe(again.response)]
  if (again.kind === 'granted') {
    session.credential = again.credential
    const says = `A refresh token that was replaced ${seconds.toFixed(1)} s ago is still accepted.`
    const fix = `End the window, and revoke the session when a token is used after it. If the window is longer than ${settings.graceSeconds} s, say so with --grace-seconds.`
    return { evidence, findings: [fault(says, fix)] }
  }
  if (again.kind === 'unclear') {
    const says = `A refresh token that was replaced long ago gets ${again.response.status}.`
    return { evidence, findings: [unknown(says, 'Return 400 with `{"error":"invalid_grant"}`.')] }
  }
  const next = await renewer.renew(session.credential, { note: 'with the newest refresh token, after that' })
  evidence.push(describe(next.response))
  if (next.kind === 'refused') {
    sessions.end(session)
    return { evidence, findings: [ok('A refresh token that is reused after the window ends the session.')] }
  }
  if (next.kind === 'granted') session.credential = next.credential
  return { evidence, findings: [goesOn] }
}

export const reuseDetection: Check = {
  id: 'reuse-detection',
  question: 'Does the server notice when a stolen refresh token is used?',
  needs: ['renewal'],
  spends: 'session',
  why: 'After the window, a refresh token that is used again was most likely stolen: the thief and the user both have the session.',
  references: ['RFC 9700 §4.14.2'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions, learned } = examination
    if (learned.window === 'not-replaced') {
      return { evidence: [], findings: [skipped('Refresh tokens are not replaced.')] }
    }
    if (learned.reuseEndsSession) {
      return { evidence: [], findings: [ok('A reused refresh token ends the session (seen above).')] }
    }
    if (learned.reuseEndsSession === false && learned.window === 'closed') return { evidence: [], findings: [goesOn] }
    const renewed = await sessions.renew('to refresh')
    if (renewed) return presentTooLate(renewed, examination)
    return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
  },
}
