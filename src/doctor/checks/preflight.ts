import { wantedHeaders } from '../api-probes.ts'
import type { Check } from '../check.ts'
import { isAllowed, isReadable } from '../cors.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'

// Browsers keep a preflight for 5 s where nothing is said.
const shortMaxAgeSeconds = 60

function judge(response: ProbeResponse, origin: string, names: readonly string[]): readonly (Finding | false)[] {
  const { status, headers } = response
  if (status < 200 || status > 299) {
    const needsToken = status === 401 || status === 403
    return [
      fault(
        `The preflight gets ${status}, so the browser never sends the request.`,
        needsToken
          ? 'Handle OPTIONS before authentication: browsers send no token with it.'
          : 'Return 204 for OPTIONS.',
      ),
    ]
  }
  const blocked = names.filter(name => !isAllowed(response, name))
  const maxAge = Number(headers.get('access-control-max-age') ?? 0)
  return [
    !isReadable(response, origin) &&
      fault('The preflight does not allow the page’s origin.', `Send \`Access-Control-Allow-Origin: ${origin}\`.`),
    blocked.length > 0 &&
      fault(
        `The preflight does not allow: ${blocked.join(', ')}.`,
        'Name each in `Access-Control-Allow-Headers`; `*` does not cover `Authorization`.',
      ),
    !(maxAge >= shortMaxAgeSeconds) &&
      warning(
        'Browsers do not cache the preflight.',
        'Send `Access-Control-Max-Age: 7200`: without it nearly every request takes two.',
      ),
  ]
}

export const preflight: Check = {
  id: 'preflight',
  question: 'Does the preflight allow a request with a token?',
  needs: ['api', 'origin', 'cross-origin'],
  spends: 'nothing',
  why: '`Authorization` makes a browser send a preflight. If the response does not allow the header, the request is never sent and the page sees a network error.',
  references: ['Fetch, CORS-preflight fetch', 'Fetch, CORS non-wildcard request-header name'],
  chapter: 'cors',
  async examine({ api, settings, describe }) {
    const response = await api.preflight()
    const [allow, age] = ['access-control-allow-headers', 'access-control-max-age']
    return {
      evidence: [describe(response, 'access-control-allow-origin', allow, age)],
      findings: orOk(
        judge(response, settings.origin ?? '', wantedHeaders(settings)),
        'The preflight allows a request with a token.',
      ),
    }
  },
}
