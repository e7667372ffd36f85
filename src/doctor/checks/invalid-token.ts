import { errorOf, parseChallenges } from '../../http/www-authenticate.ts'
import type { Check } from '../check.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import { judgeChallenge, judgeStatus } from './challenge.ts'

function judge(response: ProbeResponse, isDpop: boolean): readonly Finding[] {
  if (response.status >= 200 && response.status < 300) {
    return [
      fault(
        'The API accepts a token that was never issued, or needs none.',
        'Check every access token; for --api give a URL that needs one.',
      ),
    ]
  }
  const wrongStatus = judgeStatus(response, 'with an invalid token')
  if (wrongStatus.length > 0) return wrongStatus
  const { challenges } = parseChallenges(response.headers.get('www-authenticate'))
  const codes = challenges.map(errorOf).filter(error => error !== null)
  const fix = 'Send `error="invalid_token"` for tokens that are expired, revoked or malformed.'
  return [
    ...judgeChallenge(response, isDpop),
    ...(challenges.length > 0 && codes.length === 0 ? [warning('The challenge has no `error`.', fix)] : []),
    ...(codes.length > 0 && !codes.includes('invalid_token')
      ? [fault('The challenge has another `error` than `invalid_token`, so most clients do not refresh for it.', fix)]
      : []),
  ]
}

export const invalidToken: Check = {
  id: 'invalid-token',
  question: 'Does an invalid token get 401 with `error="invalid_token"`?',
  needs: ['api'],
  spends: 'nothing',
  why: 'This response makes a client refresh and send the request again. 403, 400 and 500 do not: users see an error when their token expires.',
  references: ['RFC 6750 §3.1', 'RFC 9449 §7.1'],
  chapter: 'the-api',
  async examine({ api, settings, describe }) {
    const response = await api.madeUp()
    return {
      evidence: [describe(response, 'www-authenticate')],
      findings: orOk(judge(response, settings.dpop), 'An invalid token gets 401 `invalid_token`.'),
    }
  },
}
