// (5) HttpOnly refresh cookie, token-mediating backend. (6) Pure BFF, no token in the page.
import { bearer, cookieRefresh, cookieSession, createClient, redirectTo } from 'latchkey'

export const mediated = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: cookieRefresh({
    url: 'https://example.com/auth/refresh',
    signOutUrl: 'https://example.com/auth/logout',
    headers: () => ({ 'X-CSRFToken': /csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? '' }),
    read: (a: { jwt: string }) => ({ accessToken: a.jwt }),
    isSignedOut: ({ status, redirected }) => status === 419 || redirected || undefined,
  }),
  sendHeaders: () => ({ 'X-CSRFToken': /csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? '' }),
  onLoginRequired: redirectTo('/login'),
})
// login by XHR: the answer carries the first access token, the cookie comes along
await mediated.session.signIn(await mediated.post('login', { json: {}, credentials: 'include', auth: false }).json())
// login by redirect through the server: nothing to hand over
await mediated.session.ready()

// BFF, Duende-like: /bff/user says who; its own refresh is on the server
interface BffClaim {
  type: string
  value: string | number
}
export const bff = createClient<Record<string, string | number>>({
  baseUrl: '/api/',
  headers: { 'X-CSRF': '1' },
  refresh: cookieSession({
    url: '/bff/user',
    method: 'GET',
    headers: { 'X-CSRF': '1' },
    signOutUrl: false,
    read: (list: BffClaim[]) => {
      const claims = Object.fromEntries(list.map(c => [c.type, c.value]))
      return {
        claims,
        subject: String(claims['sub']),
        sessionExpiresInSeconds: Number(claims['bff:session_expires_in']),
      }
    },
  }),
  onLoginRequired: redirectTo('/bff/login', { param: 'returnUrl' }),
})
export async function bffLogout() {
  const url = bff.session.getSnapshot().claims?.['bff:logout_url']
  const { revoked } = await bff.session.signOut()
  const told: boolean = await revoked
  if (!told) console.warn('The server was not told yet')
  location.assign(String(url))
}
// BFF with a refresh endpoint (Curity token handler): defaults do
export const handler = createClient({
  baseUrl: '/api/',
  refresh: cookieSession({ url: '/oauth-agent/refresh', signOutUrl: '/oauth-agent/logout' }),
  onLoginRequired: redirectTo('/login'),
})
// BFF that has nothing but 401: no refresh at all
export const bare = createClient({ baseUrl: '/api/', onLoginRequired: redirectTo('/auth/login') })
// After a form login without a token (Laravel Sanctum)
await handler.session.signIn({ cookie: true })
// own header name
export const odd = createClient({ baseUrl: '/api/', scheme: bearer({ header: 'X-Access-Token', prefix: '' }) })
// As a button's handler, whatever the event is
export const onClick: (event: { readonly type: string }) => unknown = handler.session.signOut
