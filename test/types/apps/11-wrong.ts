// What must not compile
import { cookieRefresh, createClient, isLatchkeyError } from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'

const api = createClient({ baseUrl: '/api/' })
// @ts-expect-error typo in an option
createClient({ baseUrl: '/api/', onLoginRequied: () => {} })
// @ts-expect-error a token in the page's HTML
createClient({ baseUrl: '/api/', initial: { subject: 'alice', accessToken: 'a' } })
// @ts-expect-error a secret in a browser
oauthRefresh({ tokenEndpoint: 'https://x/token', clientId: 'a', clientSecret: 's' })
// @ts-expect-error an algorithm that it does not know
dpop({ algorithm: 'RS256' })
// @ts-expect-error a cookie that nobody clears
cookieRefresh({ url: '/refresh' })
void api.session.signIn({ accessToken: 'a', expires_in: 3 }) // either spelling of each value
// @ts-expect-error no unit
void api.session.signIn({ accessToken: 'a', expiresIn: 3 })
// @ts-expect-error signIn does not start a login
void api.session.signIn('github')
// @ts-expect-error signIn needs what the login brought
void api.session.signIn()
// @ts-expect-error session options do not belong in extend
api.extend({ onLoginRequired: () => {} })
// @ts-expect-error an instance does not dispose what it shares
api.extend({}).dispose()
// @ts-expect-error wrong mapping
createClient({ refresh: async () => ({ token: 'a' }) })
// @ts-expect-error answers must be credentials or null
createClient({ refresh: async () => undefined })
// @ts-expect-error unknown value
void api.get('x', { auth: 'none' })
// @ts-expect-error unknown event
api.session.on('signed-out', () => {})
try {
  await api.get('x')
} catch (e) {
  if (isLatchkeyError(e) && e.code === 'session-ended') {
    const r: 'refresh-rejected' | string = e.reason
    void r
    // @ts-expect-error narrowed by code
    e.retryAfterMs
  }
}
// @ts-expect-error the promise is not the token
const h: Record<string, string> = { authorization: api.session.getAccessToken() }
void h
export const stillSilent = `Bearer ${api.session.getAccessToken()}` // TypeScript cannot see this one; a verb at least says that it is a call
