import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { fault, type Outcome, ok, skipped, unknown, warning } from '../finding.ts'
import type { Renewed } from '../sessions.ts'

// Past the window for sure, whatever the server rounds to.
const surelyPast = (graceSeconds: number) => graceSeconds * 1.1 + 1

const goesOn = warning(
  'A refresh token that comes too late is refused, but the session goes on: a thief who was first keeps it.',
  'Revoke every token of the session when a replaced refresh token comes after the window.',
)

async function presentTooLate(renewed: Renewed, examination: Examination): Promise<Outcome> {
  const { renewer, sessions, settings, describe, wait } = examination
  const { session, before } = renewed
  const seconds = surelyPast(settings.graceSeconds)
  await wait(seconds * 1000)
  const again = await renewer.renew(before, { note: `with the replaced refresh token, ${seconds.toFixed(1)} s later` })
  const evidence = [describe(again.answer)]
  if (again.kind === 'granted') {
    session.credential = again.credential
    const says = `A refresh token that was replaced ${seconds.toFixed(1)} s ago is still taken.`
    const fix = `End the window, and revoke the session when a token comes after it. If the window is longer than ${settings.graceSeconds} s, say so with --grace-seconds.`
    return { evidence, findings: [fault(says, fix)] }
  }
  if (again.kind === 'unclear') {
    const says = `A refresh token that was replaced long ago is answered ${again.answer.status}.`
    return { evidence, findings: [unknown(says, 'Answer 400 with `{"error":"invalid_grant"}`.')] }
  }
  const next = await renewer.renew(session.credential, { note: 'with the newest refresh token, after that' })
  evidence.push(describe(next.answer))
  if (next.kind === 'refused') {
    sessions.end(session)
    return { evidence, findings: [ok('A refresh token that comes too late ends the session.')] }
  }
  if (next.kind === 'granted') session.credential = next.credential
  return { evidence, findings: [goesOn] }
}

export const reuseDetection: Check = {
  id: 'reuse-detection',
  question: 'Does the server notice that a stolen refresh token is used?',
  needs: ['renewal'],
  spends: 'session',
  why: 'After the window, a refresh token that comes a second time was most likely stolen: thief and user both hold the session.',
  references: ['RFC 9700 §4.14.2'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions, learned } = examination
    if (learned.window === 'not-replaced') {
      return { evidence: [], findings: [skipped('Refresh tokens are not replaced.')] }
    }
    if (learned.reuseEndsSession) {
      return { evidence: [], findings: [ok('A refresh token that comes twice ends the session (seen above).')] }
    }
    if (learned.reuseEndsSession === false && learned.window === 'closed') return { evidence: [], findings: [goesOn] }
    const renewed = await sessions.renew('to refresh')
    if (renewed) return presentTooLate(renewed, examination)
    return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
  },
}
