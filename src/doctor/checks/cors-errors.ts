import type { Check } from '../check.ts'
import { isReadable, variesByOrigin } from '../cors.ts'
import { fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'

const allowedBy = ({ headers }: ProbeResponse) => headers.get('access-control-allow-origin')

export const corsErrors: Check = {
  id: 'cors-errors',
  question: 'Can the page read error responses?',
  needs: ['api', 'origin', 'cross-origin'],
  spends: 'nothing',
  why: 'A browser hides a response without CORS headers. A hidden 401 is a network error to the page: nothing is refreshed, and the user sees a failure.',
  references: ['Fetch, CORS check', 'RFC 9110 §12.5.5'],
  chapter: 'cors',
  async examine({ api, settings, describe }) {
    const origin = settings.origin ?? ''
    const refused = [await api.bare(), await api.madeUp()]
    const missing = await api.missing()
    const isHidden = (response: ProbeResponse) => !isReadable(response, origin)
    const hidden = refused.find(isHidden)
    const namesWithoutVary = refused.some(response => allowedBy(response) === origin && !variesByOrigin(response))
    // Where another origin gets the same name, the responses do not differ (Fetch, "CORS protocol and HTTP caches").
    const isCacheable = namesWithoutVary && allowedBy(await api.foreign()) !== origin
    const allow = `Send \`Access-Control-Allow-Origin: ${origin}\` with every response, including those of the gateway and the rate limiter.`
    return {
      evidence: [...refused, missing].map(response => describe(response, 'access-control-allow-origin', 'vary')),
      findings: orOk(
        [
          hidden && fault(`A ${hidden.status} response has no CORS header for the page’s origin.`, allow),
          !hidden &&
            isHidden(missing) &&
            warning(`A ${missing.status} response has no CORS header, so other errors may have none either.`, allow),
          isCacheable &&
            warning(
              'The allowed origin is named without `Vary: Origin`.',
              'Send `Vary: Origin`: otherwise a cache may serve the response to a page of another origin.',
            ),
        ],
        'The page can read error responses.',
      ),
    }
  },
}
