import { foreignOrigin } from '../api-probes.ts'
import type { Check } from '../check.ts'
import { fault, ok } from '../finding.ts'

export const corsOrigins: Check = {
  id: 'cors-origins',
  question: 'Are pages of unknown origins refused when they call with cookies?',
  needs: ['api'],
  spends: 'nothing',
  why: 'A server that allows every origin together with cookies lets any website read what a signed-in user can read.',
  references: ['Fetch, CORS protocol and credentials'],
  chapter: 'cors',
  async examine({ api, describe }) {
    const response = await api.foreign()
    const { headers } = response
    const isAllowed = headers.get('access-control-allow-origin') === foreignOrigin
    const withCookies = headers.get('access-control-allow-credentials') === 'true'
    return {
      evidence: [describe(response, 'access-control-allow-origin', 'access-control-allow-credentials')],
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
