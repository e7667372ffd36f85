// Login by oauth4webapi: authorization code with PKCE (RFC 7636), step by step.
import { createClient, indexedDbStore, safeReturnTo } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import * as oauth from 'oauth4webapi'

// For one at http://localhost, pass `{ [oauth.allowInsecureRequests]: true }` to both requests below.
const issuer = new URL('https://id.example.com/')
const client: oauth.Client = { client_id: 'shop-spa' }
const redirectUri = `${location.origin}/callback`
const pendingKey = 'pending-login'

interface PendingLogin {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly returnTo: string
}

export const api = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: oauthRefresh({ tokenEndpoint: 'https://id.example.com/token', clientId: client.client_id }),
  store: indexedDbStore(),
  onLoginRequired: ({ returnTo, reason }) => {
    if (reason === 'login-loop' || reason === 'misconfigured')
      return console.error(`Signing in does not help: ${reason}`)
    return startLogin(returnTo)
  },
})

const discover = async (): Promise<oauth.AuthorizationServer> =>
  oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))

/** Leaves for the authorization server. */
export async function startLogin(returnTo: string): Promise<void> {
  const { authorization_endpoint: endpoint } = await discover()
  if (endpoint === undefined) throw new Error('The authorization server names no authorization endpoint.')
  const pending: PendingLogin = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    returnTo,
  }
  // Of this tab alone, and gone once it was used.
  sessionStorage.setItem(pendingKey, JSON.stringify(pending))
  const url = new URL(endpoint)
  const parameters = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile offline_access',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  location.assign(url)
}

/**
 * On the page at `redirectUri`: trades the code for tokens and goes back to where the user was. A code works once, so call this
 * outside of components: React's StrictMode runs effects twice. Rejects with `oauth.AuthorizationResponseError` if the user
 * cancelled: show a link that calls `startLogin` again.
 */
export async function completeLogin(): Promise<void> {
  const text = sessionStorage.getItem(pendingKey)
  if (text === null) throw new Error('No login was begun in this tab.')
  sessionStorage.removeItem(pendingKey)
  const { verifier, state, nonce, returnTo } = JSON.parse(text) as PendingLogin
  const server = await discover()
  const answer = oauth.validateAuthResponse(server, client, new URL(location.href), state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    redirectUri,
    verifier,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  await api.session.signIn(tokens)
  location.replace(safeReturnTo(returnTo))
}
