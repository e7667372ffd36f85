import type { Check } from '../check.ts'
import { isReadable } from '../cors.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import { errorIn, type Renewal } from '../renewal.ts'
import type { Settings } from '../settings.ts'

const mistakes = /^(invalid_client|unauthorized_client|unsupported_grant_type|invalid_request|invalid_scope)$/

/** What is wrong with how the endpoint says "no". */
function judgeStatus(renewal: Renewal, settings: Settings): Finding | false {
  const { status, json } = renewal.response
  const isOAuth = settings.renewal?.mode === 'oauth'
  const fix = isOAuth ? 'Return 400 with `{"error":"invalid_grant"}`.' : 'Return 401.'
  if (renewal.kind === 'granted') {
    return fault('A credential that was never issued is accepted.', 'Check every credential that is presented.')
  }
  const error = errorIn(json) ?? ''
  if (isOAuth && mistakes.test(error)) {
    return fault(
      `The token endpoint does not accept the request itself (\`${error}\`).`,
      'Compare --client-id and --parameter with the registration of a public client; a page cannot keep a client secret.',
    )
  }
  if (status === 404 || status === 405) {
    return fault(
      `The token endpoint responds with ${status}: it is probably not at this URL. Clients treat that as an outage.`,
      `Check the URL. If it is right: ${fix}`,
    )
  }
  if (renewal.kind === 'unclear') {
    return fault(
      `An invalid credential gets ${status}, which clients treat as an outage: the user is never asked to sign in again.`,
      fix,
    )
  }
  if (status < 400) return warning(`A refusal has the status ${status}.`, fix)
  return isOAuth && error !== 'invalid_grant' && warning('The refusal has no OAuth error `invalid_grant`.', fix)
}

const judgeHeaders = ({ headers, status }: ProbeResponse, settings: Settings): readonly (Finding | false)[] => [
  settings.renewal?.mode === 'oauth' &&
    status >= 400 &&
    !headers.get('content-type')?.includes('json') &&
    warning('The refusal is not sent as JSON.', 'Send `Content-Type: application/json`.'),
  settings.renewal?.mode !== 'cookie' &&
    status >= 300 &&
    status < 400 &&
    fault(
      'The token endpoint redirects.',
      'Respond at the URL itself: clients follow no redirect with a refresh token.',
    ),
]

export const refusal: Check = {
  id: 'refusal',
  question: 'Does the token endpoint refuse an invalid credential clearly, and can the page read that?',
  needs: ['renewal'],
  spends: 'nothing',
  why: 'A clear refusal leads the user to the login page. Anything else looks like an outage and is tried again and again.',
  references: ['RFC 6749 §5.2', 'RFC 6749 §5.1', 'Fetch, CORS check'],
  chapter: 'the-token-endpoint',
  async examine({ madeUpRenewal, settings, describe }) {
    const renewal = await madeUpRenewal()
    const { response } = renewal
    const { origin } = settings
    const isCookie = settings.renewal?.mode === 'cookie'
    const isHidden = origin !== null && !isReadable(response, origin, isCookie)
    const readableFix = `Send \`Access-Control-Allow-Origin: ${origin}\`${isCookie ? ' and `Access-Control-Allow-Credentials: true`' : ''}, also with errors.`
    return {
      evidence: [describe(response, 'content-type', 'access-control-allow-origin')],
      findings: orOk(
        [
          judgeStatus(renewal, settings),
          ...judgeHeaders(response, settings),
          isHidden && fault('The page cannot read the refusal, and treats it as a network error.', readableFix),
        ],
        'An invalid credential is refused clearly.',
      ),
    }
  },
}
