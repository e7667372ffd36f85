import { errorOf, parseChallenges } from '../../http/www-authenticate.ts'
import type { Check } from '../check.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'
import type { Answer } from '../network.ts'

/** What a 401 has to look like, whatever caused it. */
export function judgeChallenge(answer: Answer, isDpop: boolean): readonly Finding[] {
  const value = answer.headers.get('www-authenticate')
  const scheme = isDpop ? 'dpop' : 'bearer'
  const name = isDpop ? 'DPoP' : 'Bearer'
  if (value === null) {
    return [fault('The 401 has no `WWW-Authenticate`.', `Send \`WWW-Authenticate: ${name}\` with every 401.`)]
  }
  const { challenges, malformed } = parseChallenges(value)
  const schemes = challenges.map(challenge => challenge.scheme)
  return [
    malformed &&
      fault('`WWW-Authenticate` cannot be parsed to its end.', 'Quote parameter values: `error="invalid_token"`.'),
    !schemes.includes(scheme) &&
      fault(
        `\`WWW-Authenticate\` names no ${name} challenge, so clients take the 401 for one that no token mends.`,
        `Answer \`WWW-Authenticate: ${name}\`.`,
      ),
    schemes.some(one => one === 'basic' || one === 'digest' || one === 'negotiate') &&
      warning(
        'A challenge for which browsers open a prompt of their own is among them.',
        `Name ${name} only in answers to pages.`,
      ),
  ].filter(finding => finding !== false)
}

/** 401 is the only status that says "authenticate"; others are told by what they are mistaken for. */
export function judgeStatus({ status }: Answer, sent: string): readonly Finding[] {
  if (status === 401) return []
  const fix = 'Answer 401 with a challenge.'
  if (status >= 300 && status < 400) {
    return [fault(`A request ${sent} is redirected (${status}): a page sees a network error or HTML.`, fix)]
  }
  if (status === 403) return [fault(`A request ${sent} is answered 403: no client refreshes its token for that.`, fix)]
  if (status === 404 || status === 405) {
    return [unknown(`The URL of --api is answered ${status}.`, 'Give a URL that exists and can be read with GET.')]
  }
  return status >= 400
    ? [fault(`A request ${sent} is answered ${status}, not 401.`, fix)]
    : [unknown(`A request ${sent} is answered ${status}.`, 'Give a URL that needs an access token.')]
}

export const challenge: Check = {
  id: 'challenge',
  question: 'Is a request without a token answered 401, with a challenge and without an error code?',
  needs: ['api'],
  spends: 'nothing',
  why: 'A 401 with a challenge is how a client knows that a token is wanted. Anything else is passed on as a failure.',
  references: ['RFC 9110 §15.5.2', 'RFC 9110 §11.6.1', 'RFC 6750 §3.1'],
  chapter: 'the-api',
  async examine({ api, settings, describe }) {
    const answer = await api.bare()
    const { challenges } = parseChallenges(answer.headers.get('www-authenticate'))
    const code = challenges.map(errorOf).find(error => error !== null)
    const wrongStatus = judgeStatus(answer, 'without a token')
    const problems = wrongStatus.length > 0 ? wrongStatus : judgeChallenge(answer, settings.dpop)
    return {
      evidence: [describe(answer, 'www-authenticate')],
      findings: orOk(
        [
          ...problems,
          answer.status === 401 &&
            code !== undefined &&
            code !== 'use_dpop_nonce' &&
            warning(
              'A request without a token is told an error code.',
              'Leave `error` out where no token was sent: it tells a missing token from a bad one.',
            ),
        ],
        'A request without a token is answered 401 with a challenge.',
      ),
    }
  },
}
