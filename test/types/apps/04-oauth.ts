// (4) OAuth public client at Keycloak / Auth0 with rotation; login by oidc-client-ts or oauth4webapi
import { createClient, indexedDbStore, type Scheme } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import type * as oauth from 'oauth4webapi'
import { UserManager } from 'oidc-client-ts'

const authority = 'https://kc.example.com/realms/shop'
const users = new UserManager({
  authority,
  client_id: 'spa',
  redirect_uri: `${location.origin}/callback`,
  automaticSilentRenew: false,
})
export const api = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: oauthRefresh({
    tokenEndpoint: `${authority}/protocol/openid-connect/token`,
    clientId: 'spa',
    revocationEndpoint: `${authority}/protocol/openid-connect/revoke`,
  }),
  store: indexedDbStore(),
  onLoginRequired: ({ returnTo, subject }) =>
    users.signinRedirect({ state: returnTo, ...(subject ? { login_hint: subject } : {}) }),
  reauthenticate: async need => {
    if (need.kind === 'login') return null
    const user = await users.signinPopup({
      acr_values: need.acrValues.join(' '),
      ...(need.maxAgeSeconds === null ? {} : { max_age: need.maxAgeSeconds }),
    })
    return user
  },
})
export async function callback() {
  const user = await users.signinCallback()
  if (user) await api.session.signIn(user)
}
export async function callback4webapi(result: oauth.TokenEndpointResponse) {
  await api.session.signIn(result)
}
export async function logout() {
  const idTokenHint = api.session.getIdToken()
  await api.session.signOut()
  location.assign(
    `${authority}/protocol/openid-connect/logout?${new URLSearchParams({ post_logout_redirect_uri: location.origin, ...(idTokenHint ? { id_token_hint: idTokenHint } : {}) })}`,
  )
}
// Auth0, audience, DPoP
const scheme: Scheme = dpop()
export const auth0 = createClient({
  baseUrl: 'https://api.example.com/',
  scheme,
  refresh: oauthRefresh({
    tokenEndpoint: 'https://t.eu.auth0.com/oauth/token',
    clientId: 'x',
    parameters: { audience: 'https://api.example.com' },
  }),
})
// the login's own token request, proved by the key of the coming session
export async function refreshCode(body: URLSearchParams, nonce?: string) {
  const { proof, thumbprint } = await loginProof(scheme, { url: 'https://t.eu.auth0.com/oauth/token', nonce })
  const answer = await fetch('https://t.eu.auth0.com/oauth/token', { method: 'POST', body, headers: { DPoP: proof } })
  await auth0.session.signIn(await answer.json())
  return thumbprint
}
export const edwards = createClient({ scheme: dpop({ algorithm: 'EdDSA' }) })
// another SDK owns the tokens
declare const sdk: { getTokenSilently(o: { cacheMode: 'off' }): Promise<string>; logout(): Promise<void> }
export const onTop = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: {
    ambient: true,
    refresh: async () => ({ accessToken: await sdk.getTokenSilently({ cacheMode: 'off' }) }),
    revoke: () => sdk.logout(),
  },
})
