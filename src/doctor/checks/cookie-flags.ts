import type { Check } from '../check.ts'
import { isOfOthers, readSetCookies, type SetCookie } from '../cookie-jar.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'

const domainFix = 'Leave `Domain` out, so that other subdomains neither get nor set it.'

function judge({ name, attributes }: SetCookie, isLoopback: boolean): readonly (Finding | false)[] {
  const sameSite = attributes.get('samesite')?.toLowerCase()
  return [
    !attributes.has('httponly') &&
      fault(`\`${name}\` is not \`HttpOnly\`: any script in the page can read it.`, 'Set `HttpOnly`.'),
    !attributes.has('secure') &&
      (isLoopback
        ? warning(
            `\`${name}\` is not \`Secure\`, which is acceptable on loopback only.`,
            'Set `Secure` where you serve users.',
          )
        : fault(`\`${name}\` is not \`Secure\`: it is also sent over plain http.`, 'Set `Secure`.')),
    sameSite === 'none' &&
      warning(
        `\`${name}\` is \`SameSite=None\`: other sites’ requests carry it, and browsers block it as a third party’s.`,
        'Serve page and API from one site, and set `SameSite=Strict` or `Lax`.',
      ),
    sameSite === undefined &&
      warning(
        `\`${name}\` has no \`SameSite\`, and browsers differ in what they take for it.`,
        'Set `SameSite=Strict`.',
      ),
    attributes.has('domain') && warning(`\`${name}\` has a \`Domain\`.`, domainFix),
    !name.startsWith('__Host-') &&
      !isLoopback &&
      warning(
        `\`${name}\` has no \`__Host-\` prefix, so a subdomain can set it.`,
        'Name it `__Host-…`, with `Secure`, `Path=/` and no `Domain`.',
      ),
  ]
}

/** The attributes alone: a value is a secret. */
const lineOf = ({ name, attributes }: SetCookie): string =>
  `Set-Cookie: ${[`${name}=…`, ...[...attributes].map(([key, value]) => (value ? `${key}=${value}` : key))].join('; ')}`

export const cookieFlags: Check = {
  id: 'cookie-flags',
  question: 'Are the cookies protected from scripts, plain http and other sites?',
  needs: ['cookie'],
  spends: 'refresh',
  why: 'The cookie is the session. Its attributes are all that stands between it and scripts, networks and other sites.',
  references: ['RFC 6265bis §4.1.2', 'RFC 6265bis §4.1.3', 'RFC 10017 §6.1.3.2'],
  chapter: 'cookies',
  async examine({ sessions, redaction, settings }) {
    const renewed = await sessions.renew('to refresh')
    const responses = [sessions.loginResponse, renewed?.renewal.response].filter(
      one => one !== null && one !== undefined,
    )
    const cookies = responses.flatMap(({ headers }) => readSetCookies(headers)).filter(cookie => !isOfOthers(cookie))
    // The last line for a name is what the browser keeps.
    const newest = [...new Map(cookies.map(cookie => [cookie.name, cookie])).values()]
    if (newest.length === 0) {
      const says = renewed ? 'No response set a cookie.' : sessions.shortage
      const fix = 'Give --login-endpoint and LATCHKEY_LOGIN, so that the login’s cookies can be seen.'
      return { evidence: [], findings: [unknown(says, fix)] }
    }
    const isLoopback = settings.renewal?.endpoint.protocol === 'http:'
    return {
      evidence: newest.map(cookie => redaction.quote(lineOf(cookie))),
      findings: orOk(
        newest.flatMap(cookie => judge({ ...cookie, name: redaction.quote(cookie.name) }, isLoopback)),
        'The cookies have all the attributes that protect them.',
      ),
    }
  },
}
