import { safeReturnTo } from 'latchkey'
import * as oauth from 'oauth4webapi'
import { configuration } from './configuration.ts'

const { clientId, issuer, resource, scope } = configuration
const client: oauth.Client = { client_id: clientId }
const redirectUri = `${location.origin}/callback`
const onLoopback = { [oauth.allowInsecureRequests]: true } as const
const storageKey = 'latchkey-demo:sign-in'

interface PendingSignIn {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly returnTo: string
}

/** Leaves for the authorization server's form (OAuth 2.1 §4.1, PKCE). Rejects if that server cannot be reached. */
export async function startSignIn(returnTo: string | null): Promise<void> {
  const { authorization_endpoint: endpoint } = await discover()
  if (!endpoint) throw new Error('The authorization server names no authorization endpoint.')
  const pending: PendingSignIn = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    returnTo: safeReturnTo(returnTo),
  }
  sessionStorage.setItem(storageKey, JSON.stringify(pending))
  const url = new URL(endpoint)
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `openid profile offline_access ${scope}`,
    resource,
    // The form is shown each time, so that you can come back as somebody else.
    prompt: 'login consent',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }).toString()
  location.assign(url)
}

/** Trades the code in the URL for tokens. Answers where the person wanted to be. */
export async function completeSignIn(): Promise<{ tokens: oauth.TokenEndpointResponse; returnTo: string }> {
  const text = sessionStorage.getItem(storageKey)
  if (!text) throw new Error('No sign-in was begun in this tab.')
  sessionStorage.removeItem(storageKey)
  const pending: PendingSignIn = JSON.parse(text)
  const server = await discover()
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), pending.state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri,
    pending.verifier,
    { ...onLoopback, additionalParameters: { resource } },
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  })
  return { tokens, returnTo: safeReturnTo(pending.returnTo) }
}

async function discover(): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, onLoopback))
}
