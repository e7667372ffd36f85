import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, type Outcome, ok, unknown } from '../finding.ts'
import type { Renewed } from '../sessions.ts'

const fix =
  'Take the refresh token that was just replaced once more for about half a minute, and answer as the first time. Detect reuse after that.'

/** What is left of the session when the token that was sent twice is refused. */
async function judgeRefused(
  { session, renewal }: Renewed,
  examination: Examination,
): Promise<readonly [Finding, string]> {
  const { renewer, sessions, learned, describe } = examination
  const other = await renewer.renew(renewal.credential, { note: 'with the token of the lost answer' })
  learned.window = 'closed'
  if (other.kind === 'granted') {
    session.credential = other.credential
    learned.reuseEndsSession = false
    const says = 'A lost answer signs the user out: the client holds only the old refresh token, and that is refused.'
    return [fault(says, fix), describe(other.answer)]
  }
  sessions.end(session)
  learned.reuseEndsSession = other.kind === 'refused'
  const says =
    'A lost answer ends the session: the client sends its refresh token again, and the server revokes the session as stolen.'
  return [fault(says, fix), describe(other.answer)]
}

async function presentTwice(renewed: Renewed, examination: Examination): Promise<Outcome> {
  const { renewer, learned, describe } = examination
  const { session, before, renewal } = renewed
  const again = await renewer.renew(before, { note: 'with the same refresh token, as after a lost answer' })
  const evidence = [describe(renewal.answer), describe(again.answer)]
  if (again.kind === 'granted') {
    session.credential = again.credential
    learned.window = renewal.isReplaced ? 'open' : 'not-replaced'
    return { evidence, findings: [ok('A refresh whose answer was lost can be repeated.')] }
  }
  if (again.kind === 'unclear') {
    const says = `The second refresh is answered ${again.answer.status}, which says neither yes nor no.`
    return { evidence, findings: [unknown(says, 'Try again when the token endpoint is well.')] }
  }
  const [finding, line] = await judgeRefused(renewed, examination)
  return { evidence: [...evidence, line], findings: [finding] }
}

export const lostAnswer: Check = {
  id: 'lost-answer',
  question: 'Does the session survive when the answer to a refresh is lost on the way?',
  needs: ['renewal'],
  spends: 'session',
  why: 'Trains enter tunnels and phones close tabs. A client whose answer was lost holds only the old refresh token and has to send it again.',
  references: ['RFC 9700 §4.14.2', 'RFC 6749 §10.4'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions } = examination
    const renewed = await sessions.renew('to refresh; the answer is ignored')
    if (renewed) return presentTwice(renewed, examination)
    return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
  },
}
