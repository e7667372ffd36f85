import * as oauth from 'oauth4webapi'
import { apiResource, apiScope } from '../../demo/server/api.ts'
import { clientId } from '../../demo/server/authorization-server.ts'

interface DemoServers {
  readonly issuer: string
  readonly pageOrigin: string
}

/** A browser's part in it: follows redirects with cookies, until one leads to the page. */
const createVisitor = ({ pageOrigin }: DemoServers) => {
  const cookies = new Map<string, string>()
  const visit = async (url: URL, form?: Readonly<Record<string, string>>): Promise<URL> => {
    if (url.origin === pageOrigin) return url
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form ? new URLSearchParams(form) : null,
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      redirect: 'manual',
    })
    await response.body?.cancel()
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const target = response.headers.get('location')
    return target === null ? url : visit(new URL(target, url))
  }
  return visit
}

/** Signs somebody in at the demo's authorization server as its page does, through both forms. Bound to `keys`, if given. */
export const signInToDemo = async (
  servers: DemoServers,
  keys?: CryptoKeyPair,
): Promise<oauth.TokenEndpointResponse> => {
  const onLoopback = { [oauth.allowInsecureRequests]: true } as const
  const issuer = new URL(servers.issuer)
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, onLoopback))
  const client: oauth.Client = { client_id: clientId }
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
  const redirectUri = `${servers.pageOrigin}/callback`
  const start = new URL(server.authorization_endpoint ?? '')
  start.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `openid offline_access ${apiScope}`,
    resource: apiResource,
    prompt: 'login consent',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString()

  const visit = createVisitor(servers)
  const consent = await visit(await visit(start), { login: 'Mira', password: 'anything' })
  const parameters = oauth.validateAuthResponse(server, client, await visit(consent, {}), state)
  const proofs = keys ? oauth.DPoP(client, keys) : undefined
  const additionalParameters = { resource: apiResource }
  const options = { ...onLoopback, additionalParameters, ...(proofs && { DPoP: proofs }) }
  const trade = () =>
    oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, redirectUri, verifier, options)
  const read = async () => oauth.processAuthorizationCodeResponse(server, client, await trade())
  return read().catch(error => (oauth.isDPoPNonceError(error) ? read() : Promise.reject(error)))
}
