import type { Check } from '../check.ts'
import { isExposed } from '../cors.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, type Outcome, ok, orOk, unknown, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import { asksForNonce } from '../prover.ts'

function judgeDemand(
  demand: ProbeResponse,
  response: ProbeResponse,
  origin: string | null,
): readonly (Finding | false)[] {
  const hidden = ['WWW-Authenticate', 'DPoP-Nonce'].filter(name => origin !== null && !isExposed(demand, name, origin))
  return [
    asksForNonce(response) &&
      fault(
        'A proof with the required nonce is refused with the same demand.',
        'Accept the nonce that you sent; if there are several servers, share nonces between them.',
      ),
    hidden.length > 0 &&
      fault(
        `The page cannot read the demand for a nonce (${hidden.join(', ')} not exposed).`,
        'Send `Access-Control-Expose-Headers: WWW-Authenticate, DPoP-Nonce, Date`.',
      ),
    !response.headers.has('dpop-nonce') &&
      warning(
        'A successful response has no nonce.',
        'Send `DPoP-Nonce` with successful responses, so that no request has to be sent twice.',
      ),
  ]
}

async function proveTo(token: string, { api, prover, settings, describe }: Examination): Promise<Outcome> {
  const response = await api.accepted(token)
  const demand = (settings.api && prover?.demandAt(settings.api)) ?? null
  const bare = await api.unproved(token)
  const names = ['www-authenticate']
  const evidence = [demand, response, bare].filter(one => one !== null).map(one => describe(one, ...names))
  const isAccepted = response.status < 400
  const problems = [
    ...(demand ? judgeDemand(demand, response, settings.origin) : []),
    asksForNonce(response) &&
      !response.headers.has('dpop-nonce') &&
      fault('A nonce is required but not sent.', 'Send `DPoP-Nonce` with the 401.'),
    bare.status < 300 &&
      fault(
        'A token that is bound to a key is accepted as Bearer, without a proof.',
        'Compare `cnf.jkt` with the proof.',
      ),
  ]
  if (!isAccepted && !problems.some(Boolean)) {
    const says = `The access token gets ${response.status}, although it is sent with a proof.`
    return { evidence, findings: [unknown(says, 'Give LATCHKEY_DPOP_KEY, the key that the tokens are bound to.')] }
  }
  const well = demand ? 'A nonce is required once, and then accepted.' : 'Proofs are accepted; no nonce is required.'
  return { evidence, findings: orOk(problems, well) }
}

export const dpopNonce: Check = {
  id: 'dpop-nonce',
  question: 'Does the API require proofs, and ask for nonces in a way that a page can follow?',
  needs: ['api', 'dpop', 'access-token'],
  spends: 'nothing',
  why: 'A nonce demand that the page cannot read looks like an expired token. A bound token that works without a proof is as good as a bearer token to a thief.',
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
  why: 'The refresh token is sent a second time, with the nonce. A server that used it up the first time sees that as theft.',
  references: ['RFC 9449 §8', 'RFC 9449 §5'],
  chapter: 'dpop',
  async examine({ madeUpRenewal, prover, sessions, settings, describe }) {
    // The first request meets the demand, whether or not its credential is good.
    await madeUpRenewal()
    const renewed = await sessions.renew('to refresh, with a proof')
    const demand = (settings.renewal && prover?.demandAt(settings.renewal.endpoint)) ?? null
    const evidence = [demand, renewed?.renewal.response].filter(one => one !== null && one !== undefined)
    const lines = evidence.map(
      response => `${describe(response)}, dpop-nonce ${response.headers.has('dpop-nonce') ? 'sent' : 'missing'}`,
    )
    if (!renewed) {
      const fix = demand
        ? 'Check the proof before the refresh token. If it was not used before, it may be bound to another key: give LATCHKEY_DPOP_KEY.'
        : 'Give LATCHKEY_DPOP_KEY, the key that the refresh token is bound to.'
      return { evidence: lines, findings: [unknown(sessions.shortage, fix)] }
    }
    if (!demand) return { evidence: lines, findings: [ok('Proofs are accepted; no nonce is required.')] }
    const isHidden = settings.origin !== null && !isExposed(demand, 'DPoP-Nonce', settings.origin)
    const problem =
      isHidden && fault('The page cannot read the nonce.', 'Send `Access-Control-Expose-Headers: DPoP-Nonce`.')
    return {
      evidence: lines,
      findings: orOk([problem], 'A nonce is required, and the refresh token is then accepted.'),
    }
  },
}
