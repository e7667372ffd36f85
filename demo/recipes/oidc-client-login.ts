// Login by oidc-client-ts (code flow with PKCE); from then on latchkey keeps the tokens and renews them.
import { createClient, indexedDbStore, safeReturnTo } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { InMemoryWebStorage, UserManager, WebStorageStateStore } from 'oidc-client-ts'

const authority = 'https://id.example.com/realms/shop'
const clientId = 'shop-spa'

const users = new UserManager({
  authority,
  client_id: clientId,
  redirect_uri: `${location.origin}/callback`,
  scope: 'openid profile offline_access',
  // Two that renew would present the same refresh token twice.
  automaticSilentRenew: false,
  // One place for tokens is enough.
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
})

export const api = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: oauthRefresh({
    tokenEndpoint: `${authority}/protocol/openid-connect/token`,
    revocationEndpoint: `${authority}/protocol/openid-connect/revoke`,
    clientId,
  }),
  store: indexedDbStore(),
  onLoginRequired: ({ returnTo, subject, reason }) => {
    if (reason === 'login-loop' || reason === 'misconfigured')
      return console.error(`Signing in does not help: ${reason}`)
    return users.signinRedirect({ state: returnTo, ...(subject !== null && { login_hint: subject }) })
  },
  // Step-up (RFC 9470) in a popup; for an ordinary login the page is left.
  reauthenticate: async need => {
    if (need.kind === 'login') return null
    return users.signinPopup({
      acr_values: need.acrValues.join(' '),
      ...(need.maxAgeSeconds !== null && { max_age: need.maxAgeSeconds }),
    })
  },
})

/** On the page at `redirect_uri`. Call it outside of components: React's StrictMode runs effects twice, and a code works once. */
export async function completeLogin(): Promise<void> {
  const user = await users.signinCallback()
  if (!user) return // in the popup
  await api.session.signIn(user)
  await users.removeUser()
  location.replace(safeReturnTo(typeof user.state === 'string' ? user.state : null))
}

export async function logout(): Promise<void> {
  const idTokenHint = api.session.getIdToken() // before it is gone
  await api.session.signOut()
  await users.signoutRedirect({
    post_logout_redirect_uri: location.origin,
    ...(idTokenHint !== null && { id_token_hint: idTokenHint }),
  })
}
