import type { Check } from '../check.ts'
import { isExposed } from '../cors.ts'
import { fault, orOk, warning } from '../finding.ts'

export const exposedHeaders: Check = {
  id: 'exposed-headers',
  question: 'Can the page read the headers that a client needs?',
  needs: ['api', 'origin', 'cross-origin'],
  spends: 'nothing',
  why: 'A header that is not exposed is missing to the page: without `WWW-Authenticate` a step-up looks like an expired token, without `Retry-After` a client guesses, without `Date` it cannot tell a wrong clock.',
  references: ['Fetch, CORS-safelisted response-header name', 'RFC 9449 §8.2'],
  chapter: 'cors',
  async examine({ api, settings, describe }) {
    const response = await api.madeUp()
    const isHidden = (name: string) => !isExposed(response, name, settings.origin ?? '')
    const needed = ['WWW-Authenticate', ...(settings.dpop ? ['DPoP-Nonce'] : [])].filter(isHidden)
    const useful = ['Retry-After', 'Date'].filter(isHidden)
    const fixFor = (names: readonly string[]) => `Send \`Access-Control-Expose-Headers: ${names.join(', ')}\`.`
    return {
      evidence: [describe(response, 'access-control-expose-headers')],
      findings: orOk(
        [
          needed.length > 0 && fault(`Not exposed: ${needed.join(', ')}.`, fixFor([...needed, ...useful])),
          useful.length > 0 && warning(`Not exposed: ${useful.join(', ')}.`, fixFor([...needed, ...useful])),
        ],
        'The headers that a client needs are exposed.',
      ),
    }
  },
}
