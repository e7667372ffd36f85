import type { Check } from '../check.ts'
import { isExposed } from '../cors.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, type Outcome, ok, orOk, unknown, warning } from '../finding.ts'
import type { Answer } from '../network.ts'
import { asksForNonce } from '../prover.ts'

function judgeDemand(demand: Answer, answer: Answer, origin: string | null): readonly (Finding | false)[] {
  const hidden = ['WWW-Authenticate', 'DPoP-Nonce'].filter(name => origin !== null && !isExposed(demand, name))
  return [
    asksForNonce(answer) &&
      fault(
        'A proof with the nonce that was asked for is refused with the same demand.',
        'Take the nonce that you sent; where several servers answer, let them share it.',
      ),
    hidden.length > 0 &&
      fault(
        `The page cannot read the demand for a nonce (${hidden.join(', ')} not exposed).`,
        'Send `Access-Control-Expose-Headers: WWW-Authenticate, DPoP-Nonce, Date`.',
      ),
    !answer.headers.has('dpop-nonce') &&
      warning(
        'A good answer brings no nonce.',
        'Send `DPoP-Nonce` with good answers, so that no request has to be sent twice.',
      ),
  ]
}

async function proveTo(token: string, { api, settings, describe }: Examination): Promise<Outcome> {
  const { answer, demand } = await api.accepted(token)
  const bare = await api.unproved(token)
  const names = ['www-authenticate']
  const evidence = [demand, answer, bare].filter(one => one !== null).map(one => describe(one, ...names))
  const isTaken = answer.status < 400
  const problems = [
    ...(demand ? judgeDemand(demand, answer, settings.origin) : []),
    asksForNonce(answer) &&
      !answer.headers.has('dpop-nonce') &&
      fault('A nonce is asked for and not sent.', 'Send `DPoP-Nonce` with the 401.'),
    bare.status < 300 &&
      fault(
        'A token that is bound to a key is accepted as Bearer, without a proof.',
        'Compare `cnf.jkt` with the proof.',
      ),
  ]
  if (!isTaken && !problems.some(Boolean)) {
    const says = `The access token is answered ${answer.status}, although it comes with a proof.`
    return { evidence, findings: [unknown(says, 'Give LATCHKEY_DPOP_KEY, the key that the tokens are bound to.')] }
  }
  const well = demand ? 'A nonce is asked for once, and then taken.' : 'Proofs are accepted; no nonce is asked for.'
  return { evidence, findings: orOk(problems, well) }
}

export const dpopNonce: Check = {
  id: 'dpop-nonce',
  question: 'Does the API ask for DPoP nonces so that a page can answer, and insist on proofs?',
  needs: ['api', 'dpop', 'access-token'],
  spends: 'nothing',
  why: 'A demand for a nonce that cannot be read looks like an expired token. A bound token that works without its proof protects nobody.',
  references: ['RFC 9449 §9', 'RFC 9449 §8.2', 'RFC 9449 §7.1'],
  chapter: 'dpop',
  async examine(examination) {
    const { accessToken, shortage } = examination.sessions
    if (accessToken !== null) return proveTo(accessToken, examination)
    return { evidence: [], findings: [unknown(shortage, 'Give LATCHKEY_ACCESS_TOKEN.')] }
  },
}

export const dpopTokenNonce: Check = {
  id: 'dpop-token-nonce',
  question: 'Does the token endpoint ask for a nonce without using the refresh token up?',
  needs: ['renewal', 'dpop'],
  spends: 'refresh',
  why: 'The refresh token is sent a second time, with the nonce. A server that used it up the first time takes that for theft.',
  references: ['RFC 9449 §8', 'RFC 9449 §5'],
  chapter: 'dpop',
  async examine({ madeUpRenewal, sessions, settings, describe }) {
    // A prover that knows no nonce yet meets the demand with the first request, whichever that was.
    const { demand: first } = await madeUpRenewal()
    const renewed = await sessions.renew('to refresh, with a proof')
    const demand = first ?? renewed?.renewal.demand ?? null
    const evidence = [demand, renewed?.renewal.answer].filter(one => one !== null && one !== undefined)
    const lines = evidence.map(
      answer => `${describe(answer)}, dpop-nonce ${answer.headers.has('dpop-nonce') ? 'sent' : 'missing'}`,
    )
    if (!renewed) {
      const fix = demand
        ? 'Check the proof before the refresh token. If it was not used before, it may be bound to another key: give LATCHKEY_DPOP_KEY.'
        : 'Give LATCHKEY_DPOP_KEY, the key that the refresh token is bound to.'
      return { evidence: lines, findings: [unknown(sessions.shortage, fix)] }
    }
    if (!demand) return { evidence: lines, findings: [ok('Proofs are accepted; no nonce is asked for.')] }
    const isHidden = settings.origin !== null && !isExposed(demand, 'DPoP-Nonce')
    const problem =
      isHidden && fault('The page cannot read the nonce.', 'Send `Access-Control-Expose-Headers: DPoP-Nonce`.')
    return { evidence: lines, findings: orOk([problem], 'A nonce is asked for, and the refresh token is then taken.') }
  },
}
