import { type StepUpContext, safeReturnTo } from 'latchkey'
import { loginProof } from 'latchkey/dpop'
import * as oauth from 'oauth4webapi'
import { configuration } from './configuration.ts'
import { scheme } from './scheme.ts'

const { clientId, issuer, resource, scope } = configuration
const client: oauth.Client = { client_id: clientId }
const redirectUri = `${location.origin}/callback`
const tokenEndpoint = `${issuer}/token`
const onLoopback = { [oauth.allowInsecureRequests]: true } as const
const storageKey = 'latchkey-demo:sign-in'

interface PendingSignIn {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly returnTo: string
}

/**
 * Where the authorization server's form is (OAuth 2.1 §4.1, PKCE). Rejects if that server cannot be reached.
 * `need`: what the form has to bring, if it is not the first sign-in (RFC 9470 §4).
 */
export async function beginSignIn(returnTo: string | null, need?: StepUpContext): Promise<URL> {
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
    ...(scheme && { dpop_jkt: (await loginProof(scheme, { url: tokenEndpoint })).thumbprint }),
    ...(need && { acr_values: need.acrValues.join(' '), login_hint: need.subject ?? '' }),
  }).toString()
  return url
}

/** Trades the code in the callback's URL for tokens. Answers where the person wanted to be. */
export async function completeSignIn(
  callback: string,
): Promise<{ tokens: oauth.TokenEndpointResponse; returnTo: string }> {
  const text = sessionStorage.getItem(storageKey)
  if (!text) throw new Error('No sign-in was begun in this tab.')
  sessionStorage.removeItem(storageKey)
  const pending: PendingSignIn = JSON.parse(text)
  const server = await discover()
  const parameters = oauth.validateAuthResponse(server, client, new URL(callback), pending.state)
  const tokens = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await exchangeCode(server, parameters, pending),
    { expectedNonce: pending.nonce, requireIdToken: true },
  )
  return { tokens, returnTo: safeReturnTo(pending.returnTo) }
}

/** Tokens that are to be bound are asked for with a proof, and that once more with the nonce that the server wants in it. */
async function exchangeCode(
  server: oauth.AuthorizationServer,
  parameters: URLSearchParams,
  { verifier }: PendingSignIn,
): Promise<Response> {
  const send = async (nonce?: string) => {
    const proved = scheme && (await loginProof(scheme, { url: tokenEndpoint, nonce }))
    const options = { ...onLoopback, additionalParameters: { resource }, headers: proved ? { DPoP: proved.proof } : {} }
    return oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, redirectUri, verifier, options)
  }
  const response = await send()
  const nonce = response.headers.get('DPoP-Nonce')
  return scheme && response.status === 400 && nonce ? send(nonce) : response
}

async function discover(): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, onLoopback))
}
