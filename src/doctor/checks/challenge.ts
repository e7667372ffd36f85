import { errorOf, parseChallenges } from '../../http/www-authenticate.ts'
import type { Check } from '../check.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'

/** What a 401 has to look like, whatever caused it. */
export function judgeChallenge(response: ProbeResponse, isDpop: boolean): readonly Finding[] {
  const value = response.headers.get('www-authenticate')
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
      (isDpop && schemes.includes('bearer')
        ? warning(
            '`WWW-Authenticate` names Bearer only, although the tokens are bound to a key.',
            'Send `WWW-Authenticate: DPoP algs="ES256"`; where both kinds of tokens are accepted, send both challenges.',
          )
        : fault(
            `\`WWW-Authenticate\` names no ${name} challenge, so clients do not refresh for this 401.`,
            `Send \`WWW-Authenticate: ${name}\`.`,
          )),
    schemes.some(one => one === 'basic' || one === 'digest' || one === 'negotiate') &&
      warning('One of the challenges makes browsers open a password prompt.', `Send ${name} only to pages.`),
  ].filter(finding => finding !== false)
}

/** 401 is the only status that says "authenticate"; the others each cause another mistake in clients. */
export function judgeStatus({ status }: ProbeResponse, sent: string): readonly Finding[] {
  if (status === 401) return []
  const fix = 'Return 401 with a challenge.'
  if (status >= 300 && status < 400) {
    return [fault(`A request ${sent} is redirected (${status}): a page sees a network error or HTML.`, fix)]
  }
  if (status === 403) return [fault(`A request ${sent} gets 403: no client refreshes its token for that.`, fix)]
  if (status === 404 || status === 405) {
    return [unknown(`The URL of --api returns ${status}.`, 'Give a URL that exists and can be read with GET.')]
  }
  return status >= 400
    ? [fault(`A request ${sent} gets ${status} instead of 401.`, fix)]
    : [unknown(`A request ${sent} gets ${status}.`, 'Give a URL that needs an access token.')]
}

export const challenge: Check = {
  id: 'challenge',
  question: 'Does a request without a token get 401, with a challenge and without an error code?',
  needs: ['api'],
  spends: 'nothing',
  why: 'A 401 with a challenge is how a client knows that a token is wanted. Anything else is a failure to it.',
  references: ['RFC 9110 §15.5.2', 'RFC 9110 §11.6.1', 'RFC 6750 §3.1'],
  chapter: 'the-api',
  async examine({ api, settings, describe }) {
    const response = await api.bare()
    const { challenges } = parseChallenges(response.headers.get('www-authenticate'))
    const code = challenges.map(errorOf).find(error => error !== null)
    const wrongStatus = judgeStatus(response, 'without a token')
    const problems = wrongStatus.length > 0 ? wrongStatus : judgeChallenge(response, settings.dpop)
    return {
      evidence: [describe(response, 'www-authenticate')],
      findings: orOk(
        [
          ...problems,
          response.status === 401 &&
            code !== undefined &&
            code !== 'use_dpop_nonce' &&
            warning(
              'The response to a request without a token has an error code.',
              'Leave `error` out where no token was sent: its absence distinguishes a missing token from an invalid one.',
            ),
        ],
        'A request without a token gets 401 with a challenge.',
      ),
    }
  },
}
