import type { Check } from '../check.ts'
import { fault, ok, unknown, warning } from '../finding.ts'

export const rotation: Check = {
  id: 'rotation',
  question: 'Does each refresh bring a new refresh token?',
  needs: ['renewal'],
  spends: 'refresh',
  why: 'A refresh token of a page that is neither replaced nor bound to a key can be used by a thief until it ends, unnoticed.',
  references: ['RFC 9700 §2.2.2', 'RFC 9700 §4.14.2'],
  chapter: 'rotation',
  async examine({ sessions, settings, describe, learned }) {
    const renewed = await sessions.renew('to refresh')
    if (!renewed) return { evidence: [], findings: [unknown(sessions.shortage, 'Sign the test account in again.')] }
    const { isReplaced, response } = renewed.renewal
    const evidence = [`${describe(response)}, ${isReplaced ? 'with another credential' : 'with the same credential'}`]
    if (isReplaced) return { evidence, findings: [ok('Each refresh replaces the refresh token.')] }
    learned.window = 'not-replaced'
    if (settings.dpop) {
      return { evidence, findings: [ok('The refresh token is not replaced; it is bound to a key instead.')] }
    }
    if (settings.renewal?.mode === 'cookie') {
      return { evidence, findings: [ok('The cookie is not replaced; scripts cannot read it if it is `HttpOnly`.')] }
    }
    const says = 'The refresh token is not replaced, and not bound to a key.'
    const fix = 'Rotate refresh tokens of public clients, with a grace window; or bind them with DPoP.'
    return { evidence, findings: [settings.renewal?.mode === 'oauth' ? fault(says, fix) : warning(says, fix)] }
  },
}
