import { foreignOrigin } from '../api-probes.ts'
import type { Check } from '../check.ts'
import { fault, ok } from '../finding.ts'

export const corsOrigins: Check = {
  id: 'cors-origins',
  question: 'Are pages of unknown origins kept from calling with cookies?',
  needs: ['api'],
  spends: 'nothing',
  why: 'A server that allows every origin together with cookies lets any page read what a signed-in user may read.',
  references: ['Fetch, CORS protocol and credentials'],
  chapter: 'cors',
  async examine({ api, describe }) {
    const answer = await api.foreign()
    const { headers } = answer
    const isAllowed = headers.get('access-control-allow-origin') === foreignOrigin
    const withCookies = headers.get('access-control-allow-credentials') === 'true'
    return {
      evidence: [describe(answer, 'access-control-allow-origin', 'access-control-allow-credentials')],
      findings: [
        isAllowed && withCookies
          ? fault(
              'Any origin is allowed, with cookies.',
              'Compare `Origin` with a list of your own origins before you repeat it.',
            )
          : ok('An unknown origin is not allowed to call with cookies.'),
      ],
    }
  },
}
