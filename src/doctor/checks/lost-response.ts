import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, type Outcome, ok, unknown } from '../finding.ts'
import type { Renewed } from '../sessions.ts'

const fix =
  'Accept a refresh token for about half a minute after it was replaced, and return tokens as the first time. Detect reuse after that.'

/** What is left of the session when the token that was sent twice is refused. */
async function judgeRefused(
  { session, renewal }: Renewed,
  examination: Examination,
): Promise<readonly [Finding, string]> {
  const { renewer, sessions, learned, describe } = examination
  const other = await renewer.renew(renewal.credential, { note: 'with the token from the lost response' })
  learned.window = 'closed'
  if (other.kind === 'granted') {
    session.credential = other.credential
    learned.reuseEndsSession = false
    const says = 'A lost response signs the user out: the client has only the old refresh token, and that is refused.'
    return [fault(says, fix), describe(other.response)]
  }
  sessions.end(session)
  learned.reuseEndsSession = other.kind === 'refused'
  const says =
    'A lost response ends the session: the client sends its refresh token again, and the server revokes the session as stolen.'
  return [fault(says, fix), describe(other.response)]
}

async function presentTwice(renewed: Renewed, examination: Examination): Promise<Outcome> {
  const { renewer, learned, describe } = examination
  const { session, before, renewal } = renewed
  const again = await renewer.renew(before, { note: 'with the same refresh token, as after a lost response' })
  const evidence = [describe(renewal.response), describe(again.response)]
  if (again.kind === 'granted') {
    session.credential = again.credential
    learned.window = renewal.isReplaced ? 'open' : 'not-replaced'
    return { evidence, findings: [ok('A refresh whose response was lost can be repeated.')] }
  }
  if (again.kind === 'unclear') {
    const says = `The second refresh gets ${again.response.status}, which neither grants nor refuses it.`
    return { evidence, findings: [unknown(says, 'Try again when the token endpoint works.')] }
  }
  const [finding, line] = await judgeRefused(renewed, examination)
  return { evidence: [...evidence, line], findings: [finding] }
}

export const lostResponse: Check = {
  id: 'lost-response',
  question: 'Does the session survive when the response to a refresh is lost?',
  needs: ['renewal'],
  spends: 'session',
  why: 'Trains enter tunnels and phones close tabs. A client whose response was lost has only the old refresh token and must send it again.',
  references: ['RFC 9700 §4.14.2', 'RFC 6749 §10.4'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions } = examination
    const renewed = await sessions.renew('to refresh; the response is ignored')
    if (renewed) return presentTwice(renewed, examination)
    return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
  },
}
