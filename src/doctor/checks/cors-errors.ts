import type { Check } from '../check.ts'
import { isReadable, variesByOrigin } from '../cors.ts'
import { fault, orOk, warning } from '../finding.ts'
import type { Answer } from '../network.ts'

export const corsErrors: Check = {
  id: 'cors-errors',
  question: 'May the page read the answers that are errors?',
  needs: ['api', 'origin'],
  spends: 'nothing',
  why: 'A browser hides an answer without CORS headers. A hidden 401 is a network error to the page: nothing is refreshed, and the user sees a failure.',
  references: ['Fetch, CORS check', 'RFC 9110 §12.5.5'],
  chapter: 'cors',
  async examine({ api, settings, describe }) {
    const origin = settings.origin ?? ''
    const refused = [await api.bare(), await api.madeUp()]
    const missing = await api.missing()
    const isHidden = (answer: Answer) => !isReadable(answer, origin)
    const isCacheable = (answer: Answer) =>
      answer.headers.get('access-control-allow-origin') === origin && !variesByOrigin(answer)
    const allow = `Send \`Access-Control-Allow-Origin: ${origin}\` with every answer, also from the gateway and the rate limiter.`
    return {
      evidence: [...refused, missing].map(answer => describe(answer, 'access-control-allow-origin', 'vary')),
      findings: orOk(
        [
          refused.some(isHidden) && fault('A 401 has no CORS header for the page’s origin.', allow),
          !refused.some(isHidden) &&
            isHidden(missing) &&
            warning(`An answer ${missing.status} has no CORS header, so other errors may have none either.`, allow),
          refused.some(isCacheable) &&
            warning(
              'The allowed origin is named without `Vary: Origin`.',
              'Send `Vary: Origin`: a cache may give the answer to a page of another origin.',
            ),
        ],
        'Errors can be read by the page.',
      ),
    }
  },
}
