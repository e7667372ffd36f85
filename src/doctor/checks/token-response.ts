import type { Check } from '../check.ts'
import { isReadable } from '../cors.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import { accessTokenIn } from '../renewal.ts'
import type { Settings } from '../settings.ts'

// The client gives up after ten seconds.
const slowMs = 5000

const isNumeric = (value: unknown): boolean => value !== undefined && value !== null && Number(value) > 0

function judgeBody({ json }: ProbeResponse, { renewal, dpop }: Settings): readonly (Finding | false)[] {
  const body = Object(json) as Readonly<Record<string, unknown>>
  const { token_type: tokenType, expires_in: expiresIn, expiresInSeconds } = body
  const wanted = dpop ? 'dpop' : 'bearer'
  return [
    renewal?.mode === 'oauth' &&
      String(tokenType).toLowerCase() !== wanted &&
      fault(
        `\`token_type\` is ${tokenType === undefined ? 'missing' : `not ${dpop ? 'DPoP' : 'Bearer'}`}.`,
        `Send \`"token_type": "${dpop ? 'DPoP' : 'Bearer'}"\`; clients discard the response otherwise.`,
      ),
    accessTokenIn(json) !== null &&
      !isNumeric(expiresIn) &&
      !isNumeric(expiresInSeconds) &&
      warning(
        'The response does not say how long the access token is valid.',
        'Send `expires_in` in seconds: without it a client refreshes only after a 401.',
      ),
  ]
}

export const tokenResponse: Check = {
  id: 'token-response',
  question: 'Is the response to a refresh complete, in time, and readable for the page?',
  needs: ['renewal'],
  spends: 'refresh',
  why: 'If the page cannot read the response, the server has replaced the refresh token and the client never gets the new one.',
  references: ['RFC 6749 §5.1', 'RFC 6749 §6', 'Fetch, CORS check'],
  chapter: 'the-token-endpoint',
  async examine({ sessions, settings, describe }) {
    const renewed = await sessions.renew('to refresh')
    if (!renewed) {
      return { evidence: [], findings: [unknown(sessions.shortage, 'Sign the test account in again.')] }
    }
    const { response } = renewed.renewal
    const { origin, renewal } = settings
    const isHidden = origin !== null && !isReadable(response, origin, renewal?.mode === 'cookie')
    const isStored = !/no-store/i.test(response.headers.get('cache-control') ?? '')
    return {
      evidence: [describe(response, 'content-type', 'cache-control', 'access-control-allow-origin')],
      findings: orOk(
        [
          isHidden &&
            fault(
              'The page cannot read the new tokens.',
              `Send \`Access-Control-Allow-Origin: ${origin}\` with the responses of the token endpoint.`,
            ),
          isStored &&
            accessTokenIn(response.json) !== null &&
            fault('Caches may keep the tokens.', 'Send `Cache-Control: no-store` with every token response.'),
          ...judgeBody(response, settings),
          response.durationMs > slowMs &&
            warning(
              `The response took ${response.durationMs} ms.`,
              'Respond within a few seconds: after 10 s a client gives up, and the response counts as lost.',
            ),
        ],
        'The response to a refresh is complete.',
      ),
    }
  },
}
