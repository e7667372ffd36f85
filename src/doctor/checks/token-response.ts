import type { Check } from '../check.ts'
import { isReadable } from '../cors.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'
import type { Answer } from '../network.ts'
import { accessTokenIn } from '../renewal.ts'
import type { Settings } from '../settings.ts'

// The client gives up after ten seconds.
const slowMs = 5000

const isNumeric = (value: unknown): boolean => value !== undefined && value !== null && Number(value) > 0

function judgeBody({ json }: Answer, { renewal, dpop }: Settings): readonly (Finding | false)[] {
  const body = Object(json) as Readonly<Record<string, unknown>>
  const { token_type: tokenType, expires_in: expiresIn, expiresInSeconds } = body
  const wanted = dpop ? 'dpop' : 'bearer'
  return [
    renewal?.mode === 'oauth' &&
      String(tokenType).toLowerCase() !== wanted &&
      fault(
        `\`token_type\` is ${tokenType === undefined ? 'missing' : `not ${dpop ? 'DPoP' : 'Bearer'}`}.`,
        `Send \`"token_type": "${dpop ? 'DPoP' : 'Bearer'}"\`; clients drop the answer otherwise.`,
      ),
    accessTokenIn(json) !== null &&
      !isNumeric(expiresIn) &&
      !isNumeric(expiresInSeconds) &&
      warning(
        'The answer does not say how long the access token lives.',
        'Send `expires_in` in seconds: without it a client refreshes only after a 401.',
      ),
  ]
}

export const tokenResponse: Check = {
  id: 'token-response',
  question: 'Is a refresh answered completely, in time, and so that the page may read it?',
  needs: ['renewal'],
  spends: 'refresh',
  why: 'If the page cannot read the answer, the server has replaced the refresh token and the client never sees the new one.',
  references: ['RFC 6749 §5.1', 'RFC 6749 §6', 'Fetch, CORS check'],
  chapter: 'the-token-endpoint',
  async examine({ sessions, settings, describe }) {
    const renewed = await sessions.renew('to refresh')
    if (!renewed) {
      return { evidence: [], findings: [unknown(sessions.shortage, 'Sign the test account in again.')] }
    }
    const { answer } = renewed.renewal
    const { origin, renewal } = settings
    const isHidden = origin !== null && !isReadable(answer, origin, renewal?.mode === 'cookie')
    const isStored = !/no-store/i.test(answer.headers.get('cache-control') ?? '')
    return {
      evidence: [describe(answer, 'content-type', 'cache-control', 'access-control-allow-origin')],
      findings: orOk(
        [
          isHidden &&
            fault(
              'The page cannot read the new tokens.',
              `Send \`Access-Control-Allow-Origin: ${origin}\` with the answers of the token endpoint.`,
            ),
          isStored &&
            accessTokenIn(answer.json) !== null &&
            fault('Caches may keep the tokens.', 'Send `Cache-Control: no-store` with every token response.'),
          ...judgeBody(answer, settings),
          answer.durationMs > slowMs &&
            warning(
              `The answer took ${answer.durationMs} ms.`,
              'Answer within a few seconds: after 10 s a client gives up, and the answer counts as lost.',
            ),
        ],
        'A refresh is answered completely.',
      ),
    }
  },
}
