import type { Check } from '../check.ts'
import { fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'

const directivesOf = ({ headers }: ProbeResponse): readonly string[] =>
  (headers.get('cache-control') ?? '').split(',').map(part => part.trim().toLowerCase())

/** Whether shared caches keep it, whatever `max-age` says (RFC 9111 §5.2.2.10). */
const isShared = (directives: readonly string[]): boolean =>
  directives.some(directive => /^s-maxage="?0*[1-9]/.test(directive)) && !directives.includes('private')

/** A 401 is kept only where the server says so (RFC 9110 §15.1 does not list it). */
const isKept = (response: ProbeResponse): boolean => {
  const directives = directivesOf(response)
  if (directives.some(directive => /^no-(store|cache)/.test(directive))) return false
  if (isShared(directives)) return true
  if (directives.some(directive => /^max-age="?0/.test(directive))) return false
  const isDated = Date.parse(response.headers.get('expires') ?? '') > response.atMs
  return isDated || directives.some(directive => /^max-age=|^public$/.test(directive))
}

/** Whether a cache asks the server before it shows the response to the next user. */
const isSafe = (response: ProbeResponse): boolean => {
  const directives = directivesOf(response)
  const varies = (response.headers.get('vary') ?? '').toLowerCase().split(/, */)
  return (
    directives.some(directive => /^no-(store|cache)/.test(directive)) ||
    (directives.some(directive => /^max-age=0/.test(directive)) && !isShared(directives)) ||
    varies.includes('authorization') ||
    varies.includes('*')
  )
}

export const caching: Check = {
  id: 'caching',
  question: 'Are 401s, and the data of one user, kept out of caches?',
  needs: ['api'],
  spends: 'nothing',
  why: 'A 401 from a cache refuses a good token. Data from a cache may be that of the user who was signed in before.',
  references: ['RFC 9111 §3.5', 'RFC 9111 §4.2.2', 'RFC 9110 §15.1'],
  chapter: 'caching',
  async examine({ api, sessions, describe }) {
    const refused = [await api.bare(), await api.madeUp()].filter(({ status }) => status >= 400)
    const token = sessions.accessToken
    const response = token === null ? null : await api.accepted(token)
    const accepted = response?.status === 200 ? [response] : []
    return {
      evidence: [...refused, ...accepted].map(one => describe(one, 'cache-control', 'expires', 'vary')),
      findings: orOk(
        [
          refused.some(isKept) &&
            fault('A cache may keep the 401.', 'Send `Cache-Control: no-store` with every error.'),
          !accepted.every(isSafe) &&
            warning(
              'A cache may show a user’s data to the next user.',
              'Send `Cache-Control: no-store`, or `private, no-cache`, or `Vary: Authorization`.',
            ),
        ],
        accepted.length > 0 ? 'Neither 401s nor user data are kept by caches.' : '401s are not kept by caches.',
      ),
    }
  },
}
