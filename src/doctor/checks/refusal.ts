import type { Check } from '../check.ts'
import { isReadable } from '../cors.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { Answer } from '../network.ts'
import { errorIn, type Renewal } from '../renewal.ts'
import type { Settings } from '../settings.ts'

const mistakes = /^(invalid_client|unauthorized_client|unsupported_grant_type|invalid_request|invalid_scope)$/

/** What is wrong with how the endpoint says "no". */
function judgeStatus(renewal: Renewal, settings: Settings): Finding | false {
  const { status, json } = renewal.answer
  const isOAuth = settings.renewal?.mode === 'oauth'
  const fix = isOAuth ? 'Answer 400 with `{"error":"invalid_grant"}`.' : 'Answer 401.'
  if (renewal.kind === 'granted') {
    return fault('A credential that was never issued is exchanged.', 'Check what is presented.')
  }
  const error = errorIn(json) ?? ''
  if (isOAuth && mistakes.test(error)) {
    return fault(
      `The token endpoint does not accept the request itself (\`${error}\`).`,
      'Compare --client-id and --parameter with the registration of a public client; a page cannot keep a client secret.',
    )
  }
  if (renewal.kind === 'unclear') {
    return fault(
      `A credential that is not good is answered ${status}, which clients take for an outage: the user is never asked to sign in again.`,
      fix,
    )
  }
  if (status < 400) return warning(`A refusal has the status ${status}.`, fix)
  return isOAuth && error !== 'invalid_grant' && warning('The refusal has no OAuth error `invalid_grant`.', fix)
}

const judgeHeaders = ({ headers, status }: Answer, settings: Settings): readonly (Finding | false)[] => [
  settings.renewal?.mode === 'oauth' &&
    status >= 400 &&
    !headers.get('content-type')?.includes('json') &&
    warning('The refusal is not sent as JSON.', 'Send `Content-Type: application/json`.'),
  status >= 300 &&
    status < 400 &&
    fault(
      'The token endpoint redirects.',
      'Answer at the URL itself: clients follow no redirect with a refresh token.',
    ),
]

export const refusal: Check = {
  id: 'refusal',
  question: 'Does the token endpoint say clearly that a credential is not good, and may the page read it?',
  needs: ['renewal'],
  spends: 'nothing',
  why: 'A clear refusal leads the user to the login page. Anything else looks like an outage and is tried again and again.',
  references: ['RFC 6749 §5.2', 'RFC 6749 §5.1', 'Fetch, CORS check'],
  chapter: 'the-token-endpoint',
  async examine({ madeUpRenewal, settings, describe }) {
    const renewal = await madeUpRenewal()
    const { answer } = renewal
    const { origin } = settings
    const isCookie = settings.renewal?.mode === 'cookie'
    const isHidden = origin !== null && !isReadable(answer, origin, isCookie)
    const readableFix = `Send \`Access-Control-Allow-Origin: ${origin}\`${isCookie ? ' and `Access-Control-Allow-Credentials: true`' : ''}, also with errors.`
    return {
      evidence: [describe(answer, 'content-type', 'access-control-allow-origin')],
      findings: orOk(
        [
          judgeStatus(renewal, settings),
          ...judgeHeaders(answer, settings),
          isHidden && fault('The page cannot read the refusal, and takes it for a network error.', readableFix),
        ],
        'A credential that is not good is refused clearly.',
      ),
    }
  },
}
