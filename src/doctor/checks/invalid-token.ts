import { errorOf, parseChallenges } from '../../http/www-authenticate.ts'
import type { Check } from '../check.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { Answer } from '../network.ts'
import { judgeChallenge, judgeStatus } from './challenge.ts'

function judge(answer: Answer, isDpop: boolean): readonly Finding[] {
  if (answer.status >= 200 && answer.status < 300) {
    return [
      fault(
        'The API accepts a token that was never issued, or needs none.',
        'Check every access token; for --api give a URL that needs one.',
      ),
    ]
  }
  const wrongStatus = judgeStatus(answer, 'with a token that is not good')
  if (wrongStatus.length > 0) return wrongStatus
  const { challenges } = parseChallenges(answer.headers.get('www-authenticate'))
  const codes = challenges.map(errorOf).filter(error => error !== null)
  const fix = 'Send `error="invalid_token"` for tokens that are expired, revoked or malformed.'
  return [
    ...judgeChallenge(answer, isDpop),
    ...(challenges.length > 0 && codes.length === 0 ? [warning('The challenge has no `error`.', fix)] : []),
    ...(codes.length > 0 && !codes.includes('invalid_token')
      ? [fault('The challenge has another `error` than `invalid_token`, so no client refreshes for it.', fix)]
      : []),
  ]
}

export const invalidToken: Check = {
  id: 'invalid-token',
  question: 'Is a token that is not good answered 401 with `error="invalid_token"`?',
  needs: ['api'],
  spends: 'nothing',
  why: 'This answer makes a client refresh and send the request again. 403, 400 and 500 do not: users see an error when their token ends.',
  references: ['RFC 6750 §3.1', 'RFC 9449 §7.1'],
  chapter: 'the-api',
  async examine({ api, settings, describe }) {
    const answer = await api.madeUp()
    return {
      evidence: [describe(answer, 'www-authenticate')],
      findings: orOk(judge(answer, settings.dpop), 'A token that is not good is answered 401 `invalid_token`.'),
    }
  },
}
