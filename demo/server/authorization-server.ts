import { randomBytes } from 'node:crypto'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey } from 'jose'
import { errors, Provider, type TokenRequestContext } from 'oidc-provider'
import { againAcr, apiResource, apiScope } from './api.ts'
import { createInteractions } from './interactions.ts'
import type { RequestListener } from './listener.ts'
import { createMemoryAdapter } from './memory-adapter.ts'
import { problemPage } from './sign-in-pages.ts'

export const clientId = 'latchkey-demo'
const hourSeconds = 3600

export interface AuthorizationServerOptions {
  readonly issuer: string
  readonly pageOrigin: string
  readonly accessTokenSeconds: number
  /** How long a refresh token works after it was replaced. @default 0: its second use ends the session */
  readonly graceSeconds?: number | undefined
  /** Whose tokens may be asked for (RFC 8707); the first is meant where nobody says. @default the API's alone */
  readonly resources?: readonly [string, ...string[]]
}

export interface AuthorizationServer {
  readonly listener: RequestListener
  readonly keys: JWTVerifyGetKey
  /** `reused` stays 0 for as long as no refresh token is presented twice. */
  readonly counters: { exchanges: number; refused: number; reused: number }
  /** Whether an access token was withdrawn before its time. */
  readonly isWithdrawn: (tokenId: string) => boolean
  /** The API takes none of the access tokens issued so far. */
  readonly withdrawAccessTokens: () => void
  /** The same, and no refresh token works any more: everyone has to sign in again. */
  readonly revokeEverything: () => Promise<void>
}

/** A certified OpenID provider in memory: one public client, code and PKCE, rotation with reuse detection. */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const identity = { kid: 'demo', use: 'sig', alg: 'ES256' }
  const signingKey = { ...(await exportJWK(privateKey)), ...identity }
  const provider = new Provider(options.issuer, { ...configuration(options), jwks: { keys: [signingKey] } })

  const counters = { exchanges: 0, refused: 0, reused: 0 }
  const issued = new Set<string>()
  const withdrawn = new Set<string>()
  const grants = new Set<string>()
  const isRefresh = ({ oidc }: TokenRequestContext) => oidc.params?.grant_type === 'refresh_token'

  provider.on('access_token.issued', ({ jti }) => issued.add(jti))
  provider.on('grant.saved', ({ jti }) => grants.add(jti))
  provider.on('grant.success', context => {
    if (isRefresh(context)) counters.exchanges += 1
  })
  provider.on('grant.error', (context, error) => {
    if (!isRefresh(context)) return
    counters.refused += 1
    if (error.error_detail === 'refresh token already used') counters.reused += 1
  })
  provider.on('server_error', (_context, error) => console.error(error))

  const withdrawAccessTokens = () => {
    for (const tokenId of issued) withdrawn.add(tokenId)
    issued.clear()
  }
  return {
    listener: withInteractions(provider, options.pageOrigin),
    keys: createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), ...identity }] }),
    counters,
    isWithdrawn: tokenId => withdrawn.has(tokenId),
    withdrawAccessTokens,
    async revokeEverything() {
      withdrawAccessTokens()
      for (const grantId of grants) {
        await provider.RefreshToken.revokeByGrantId(grantId)
        await (await provider.Grant.find(grantId))?.destroy()
      }
      grants.clear()
    },
  }
}

function withInteractions(provider: Provider, pageOrigin: string): RequestListener {
  const interactions = createInteractions(provider, pageOrigin)
  const rest = provider.callback()
  return (request, response) => interactions(request, response) ?? rest(request, response)
}

function configuration(options: AuthorizationServerOptions) {
  const { pageOrigin, accessTokenSeconds } = options
  return {
    adapter: createMemoryAdapter(options.graceSeconds),
    clients: [
      {
        client_id: clientId,
        client_name: 'The latchkey demo',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [`${pageOrigin}/callback`],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    scopes: ['openid', 'offline_access', 'profile'],
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId, name: accountId }),
    }),
    cookies: { keys: [randomBytes(24).toString('hex')] },
    pkce: { required: () => true },
    acrValues: [againAcr],
    extraTokenClaims,
    clientBasedCORS: (_context: unknown, origin: string) => origin === pageOrigin,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    rotateRefreshToken: true,
    interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    renderError: (context: { type: string; body: string }, { error_description }: { error_description?: string }) => {
      context.type = 'html'
      context.body = problemPage(error_description ?? 'The request could not be understood.', pageOrigin)
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: hourSeconds,
      RefreshToken: hourSeconds,
      Interaction: hourSeconds,
      Session: hourSeconds,
      Grant: hourSeconds,
    },
    features: {
      devInteractions: { enabled: false },
      // Who proves a key gets tokens that are bound to it, and has to show a nonce (RFC 9449 §8).
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      rpInitiatedLogout: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (
          _context: unknown,
          client: { readonly clientId: string },
          token: { readonly clientId: string },
        ) => token.clientId === client.clientId,
      },
      resourceIndicators: resourceIndicators(options),
    },
  }
}

/** How and when the person signed in, for the API to judge (RFC 9470 §6.1). */
function extraTokenClaims({ oidc: { entities = {} } }: TokenRequestContext) {
  const { acr, authTime } = entities.RefreshToken ?? entities.AuthorizationCode ?? {}
  return { ...(acr !== undefined && { acr }), auth_time: authTime }
}

function resourceIndicators({ accessTokenSeconds, resources = [apiResource] }: AuthorizationServerOptions) {
  return {
    enabled: true,
    defaultResource: () => resources[0],
    useGrantedResource: () => true,
    getResourceServerInfo: (_context: unknown, resource: string) => {
      if (!resources.includes(resource)) throw new errors.InvalidTarget()
      return {
        scope: apiScope,
        audience: resource,
        accessTokenTTL: accessTokenSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }
    },
  }
}
