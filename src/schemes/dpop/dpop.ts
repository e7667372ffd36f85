import { checkOptions } from '../../checks/option-rules.ts'
import { ConfigurationError } from '../../errors.ts'
import { readChallenges } from '../../http/www-authenticate.ts'
import { readRequestOption } from '../../platform/fetch.ts'
import type { Credentials } from '../../session/credentials.ts'
import { decodeClaims } from '../../session/expiry.ts'
import type { SessionCore } from '../../session/session.ts'
import { checkToken } from '../check-token.ts'
import type { Destination, Learn, Outgoing, Scheme, WireScheme } from '../scheme.ts'
import { createKeyRing } from './key-ring.ts'
import { type Algorithm, type Key, prove } from './proof.ts'
import { createServers } from './servers.ts'
import { createTokenTransport } from './token-transport.ts'

/** The options of `dpop`. */
export interface DpopOptions {
  /** The signature algorithm of the proofs. Every server with DPoP supports ES256. @default 'ES256' */
  readonly algorithm?: Algorithm | undefined
}

/** What `loginProof` resolves with. */
export interface LoginProof {
  /** The value of the `DPoP` header, for one request. */
  readonly proof: string
  /** The RFC 7638 thumbprint of the key of the coming session. */
  readonly thumbprint: string
}

/** The scheme as `loginProof` sees it. */
export interface DpopScheme extends WireScheme {
  login(method: string, url: URL, nonce: string | undefined): Promise<LoginProof>
}

const isDpop = ({ tokenType }: Pick<Credentials, 'tokenType'>) =>
  tokenType === null || tokenType.toLowerCase() === 'dpop'

const noKey = 'These tokens are bound to another key than this client has. Prove the login with `loginProof`.'

/** The thumbprint that the token names, if it is a JWT that names one (RFC 9449 §6.1). */
function boundTo({ accessToken }: Credentials): string | null {
  const { jkt } = (decodeClaims(accessToken)?.['cnf'] ?? {}) as { readonly jkt?: unknown }
  return typeof jkt === 'string' ? jkt : null
}

/** The method as `fetch` sends it: these in capitals, any other unchanged (Fetch, "normalize a method"). */
const onTheWire = (method = 'GET') =>
  /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method

/**
 * A scheme that binds the tokens to a key which cannot leave the browser, so that stolen tokens are useless. Create one for each
 * client.
 *
 * @throws ConfigurationError for any other algorithm; `createClient` throws it if there is no `crypto.subtle` (plain http)
 * @see RFC 9449
 *
 * @example
 * createClient({ scheme: dpop(), refresh: oauthRefresh({ … }), store: indexedDbStore() })
 */
export function dpop(options: DpopOptions = {}): Scheme {
  checkOptions(options, { algorithm: [value => /^(ES256|EdDSA)$/.test(String(value)), "'ES256' or 'EdDSA'"] })
  const { algorithm = 'ES256' } = options
  const keys = createKeyRing(algorithm)
  const servers = createServers()
  let session: SessionCore | undefined
  /** The token that `signIn` was given here while no key of ours was known. */
  let unprovedToken: string | null = null

  /** A token is of no use without its key, and no other key may take its place (RFC 9449 §5). */
  async function keyOf(credentials: Credentials): Promise<Key | null> {
    const key = await keys.find(credentials.keyThumbprint)
    // Do not end the session: the next login would bring tokens of the wrong key again.
    if (!key && !credentials.keyThumbprint && credentials.accessToken === unprovedToken)
      throw new ConfigurationError(null, noKey)
    const isHeld = () => session?.state.credentials?.keyThumbprint === credentials.keyThumbprint
    // The tab in which the user signed out has removed it: a sign-out is no lost key.
    if (!key && isHeld()) await session?.reread()
    if (!key && isHeld() && session?.state.credentials) await session.end('key-lost')
    return key
  }

  async function sign(
    init: Outgoing,
    credentials: Credentials,
    { address, request }: Destination,
  ): Promise<Learn | undefined> {
    const key = await keyOf(credentials)
    if (!key) return undefined
    const { accessToken: token } = credentials
    const url = new URL(address)
    const notes = servers.notesOf('api', url)
    const proof = await prove(key, {
      ...notes,
      method: onTheWire(readRequestOption(init, request, 'method')),
      url,
      token,
    })
    const headers = new Headers(init.headers)
    headers.set('Authorization', `DPoP ${token}`)
    headers.set('DPoP', proof)
    init.headers = headers
    return response => {
      const challenge = readChallenges(response).find(({ scheme }) => scheme === 'dpop')
      return servers.learn({ role: 'api', url, notes }, response, challenge?.params['error'])
    }
  }

  const scheme: DpopScheme = {
    name: 'DPoP',
    header: 'Authorization',
    challenges: ['dpop', 'bearer'],
    accepts: isDpop,
    open(sessionName, opened) {
      if (!globalThis.crypto?.subtle) throw new ConfigurationError('scheme', 'DPoP needs https, or localhost')
      keys.open(sessionName)
      session = opened
      // The thumbprints alone: no token outlives its session here.
      type Bound = { readonly keyThumbprint: string | undefined } | null
      let held: Bound = null
      let former: Bound = null
      opened.changed.add(({ credentials }) => {
        former = held
        held = credentials && { keyThumbprint: credentials.keyThumbprint }
        if (!held) unprovedToken = null
        if (former && (!held || (former.keyThumbprint && former.keyThumbprint !== held.keyThumbprint)))
          keys.forget(former.keyThumbprint, false)
      })
      // Only the tab in which the user signed out removes the key. After any other end it stays for the next login: another tab may
      // have signed in with it already, and this tab cannot be sure to see that.
      opened.listenersOf('ended').add(({ tab, reason }) => {
        if (tab === 'this' && reason === 'signed-out' && former) keys.forget(former.keyThumbprint, true)
      })
    },
    adopt(credentials, former) {
      if (!isDpop(credentials)) throw new ConfigurationError(null, 'These tokens are not bound by DPoP.')
      if (credentials.accessToken) checkToken(credentials.accessToken)
      const keyThumbprint = keys.login ?? former?.keyThumbprint
      const bound = boundTo(credentials)
      if (keyThumbprint && bound && bound !== keyThumbprint) throw new ConfigurationError(null, noKey)
      keys.adopted(keyThumbprint)
      unprovedToken = keyThumbprint ? null : credentials.accessToken
      return keyThumbprint ? { ...credentials, keyThumbprint } : credentials
    },
    attach(init, credentials, to) {
      checkToken(credentials.accessToken)
      // The proof is valid for this URL only, and a redirect would send it to another one.
      if (!init.redirect && readRequestOption(init, to.request, 'redirect') !== 'manual') init.redirect = 'error'
      return sign(init, credentials, to)
    },
    async prepare(former, transport, endpoint) {
      const key = former ? await keyOf(former) : await keys.forLogin(false)
      return key ? createTokenTransport({ key, servers, transport, endpoint }) : undefined
    },
    async login(method, url, nonce) {
      const key = await keys.forLogin(true)
      const notes = servers.notesOf('token', url)
      const proof = await prove(key, { ...notes, method: onTheWire(method), url, ...(nonce && { nonce }) })
      return { proof, thumbprint: key.thumbprint }
    },
  }
  return scheme
}
