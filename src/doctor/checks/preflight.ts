import { wantedHeaders } from '../api-probes.ts'
import type { Check } from '../check.ts'
import { isAllowed, isReadable } from '../cors.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { Answer } from '../network.ts'

// Browsers keep a preflight for 5 s where nothing is said.
const shortMaxAgeSeconds = 60

function judge(answer: Answer, origin: string, names: readonly string[]): readonly (Finding | false)[] {
  const { status, headers } = answer
  if (status < 200 || status > 299) {
    const needsToken = status === 401 || status === 403
    return [
      fault(
        `The preflight is answered ${status}, so the browser never sends the request.`,
        needsToken
          ? 'Answer OPTIONS before authentication: browsers send no token with it.'
          : 'Answer OPTIONS with 204.',
      ),
    ]
  }
  const blocked = names.filter(name => !isAllowed(answer, name))
  const maxAge = Number(headers.get('access-control-max-age') ?? 0)
  return [
    !isReadable(answer, origin) &&
      fault('The preflight does not allow the page’s origin.', `Send \`Access-Control-Allow-Origin: ${origin}\`.`),
    blocked.length > 0 &&
      fault(
        `The preflight does not allow: ${blocked.join(', ')}.`,
        'Name each in `Access-Control-Allow-Headers`; `*` does not cover `Authorization`.',
      ),
    !(maxAge >= shortMaxAgeSeconds) &&
      warning(
        'Browsers may not keep the answer to the preflight.',
        'Send `Access-Control-Max-Age: 7200`: without it nearly every request is two.',
      ),
  ]
}

export const preflight: Check = {
  id: 'preflight',
  question: 'Does the preflight let a request with a token through?',
  needs: ['api', 'origin'],
  spends: 'nothing',
  why: '`Authorization` makes a browser ask first. If the answer does not allow it, the request is never sent and the page sees a network error.',
  references: ['Fetch, CORS-preflight fetch', 'Fetch, CORS non-wildcard request-header name'],
  chapter: 'cors',
  async examine({ api, settings, describe }) {
    const answer = await api.preflight()
    const [allow, age] = ['access-control-allow-headers', 'access-control-max-age']
    return {
      evidence: [describe(answer, 'access-control-allow-origin', allow, age)],
      findings: orOk(
        judge(answer, settings.origin ?? '', wantedHeaders(settings)),
        'The preflight lets a request with a token through.',
      ),
    }
  },
}
