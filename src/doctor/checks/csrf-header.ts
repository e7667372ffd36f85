import type { Check } from '../check.ts'
import { isOfOthers, readSetCookies } from '../cookie-jar.ts'
import { isAllowed, isReadable } from '../cors.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, orOk, unknown } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import type { Renewal } from '../renewal.ts'
import type { Renewed } from '../sessions.ts'

/** Two requests as another site's form or link would send them: without the header, and with GET. */
async function forge({ session }: Renewed, { renewer }: Examination): Promise<readonly [Renewal, Renewal]> {
  const keep = (renewal: Renewal) => {
    if (renewal.kind === 'granted') session.credential = renewal.credential
    return renewal
  }
  const bare = await renewer.renew(session.credential, { note: 'without the CSRF header', withoutCsrfHeader: true })
  keep(bare)
  const got = await renewer.renew(session.credential, { note: 'with GET', method: 'GET', withoutCsrfHeader: true })
  keep(got)
  return [bare, got]
}

function askLeave({ network, settings }: Examination): Promise<ProbeResponse> | null {
  const { renewal, origin, csrfHeader } = settings
  // The page's own origin needs no leave.
  if (!renewal || origin === null || origin === renewal.endpoint.origin) return null
  const headers = { 'access-control-request-method': 'POST', 'access-control-request-headers': csrfHeader.name }
  const url = renewal.endpoint
  return network.send({ note: 'as a preflight', url, method: 'OPTIONS', headers: { origin, ...headers } })
}

function judgePreflight(response: ProbeResponse, { settings }: Examination): Finding | false {
  const { name } = settings.csrfHeader
  const isOk = response.status >= 200 && response.status < 300
  if (isOk && isReadable(response, settings.origin ?? '', true) && isAllowed(response, name, true)) return false
  return fault(
    'The preflight of the refresh does not allow the CSRF header, so the page cannot refresh.',
    `Respond to OPTIONS with the origin, \`Access-Control-Allow-Credentials: true\` and \`Access-Control-Allow-Headers: ${name}\`.`,
  )
}

export const csrfHeader: Check = {
  id: 'csrf-header',
  question: 'Is a refresh refused if another site could have sent it?',
  needs: ['cookie'],
  spends: 'refresh',
  why: 'The browser adds the cookie to requests of other sites. A header that only scripts of allowed origins can set distinguishes them.',
  references: ['RFC 10017 §6.1.3.3', 'RFC 9110 §9.2.1'],
  chapter: 'cookies',
  async examine(examination) {
    const { sessions, describe } = examination
    const renewed = await sessions.renew('to refresh')
    if (!renewed)
      return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the account.')] }
    const [bare, got] = await forge(renewed, examination)
    const asked = await askLeave(examination)
    const headers = ['access-control-allow-headers', 'access-control-allow-credentials']
    return {
      evidence: [
        ...[bare, got].map(({ response }) => describe(response)),
        ...(asked ? [describe(asked, ...headers)] : []),
      ],
      findings: orOk(
        [
          bare.kind === 'granted' &&
            fault(
              'A refresh without the CSRF header succeeds.',
              'Refuse requests without it, on refresh and sign-out.',
            ),
          got.kind === 'granted' &&
            readSetCookies(got.response.headers).some(cookie => !isOfOthers(cookie)) &&
            fault('A refresh by GET succeeds.', 'Refresh by POST only: links and prefetching send GET.'),
          asked && judgePreflight(asked, examination),
        ],
        'A refresh without the CSRF header is refused.',
      ),
    }
  },
}
