import { createHash } from 'node:crypto'
import * as rules from '../invariants.ts'
import type { PageLife } from './computer.ts'
import { statementOf } from './identities.ts'
import { type Network, type Reply, retryAfterMs } from './network.ts'
import type { NetworkFault, Person, WorldSettings } from './plan.ts'
import type { Family, Issued, Server } from './server.ts'
import type { AskedRequest, Watcher } from './watcher.ts'

export const origins = { api: 'https://api.test', files: 'https://files.test', id: 'https://id.test' } as const
export const foreignOrigin = 'https://api.test.evil.test'

/** What a server answers; `cookie`: what the browser keeps from then on. */
interface Served extends Reply {
  readonly cookie?: string | null
  /** The access token in it. */
  readonly brought?: string
}
interface CookieCall {
  readonly page: PageLife
  readonly sentAtMs: number
  /** When the page asked for it: a login may have waited since. */
  readonly askedAtMs: number
  readonly isLogin: boolean
}
const patienceOfLoginMs = 10_000

/** The cookie of the browser, which all pages share. */
export interface Jar {
  readonly value: string | null
  readonly changedAtMs: number
}

/** What the servers do for a while, whoever asks. */
export interface ServerMood {
  /** The token endpoint has too much to do. */
  overload: { readonly retryAfterMs: number } | null
  /** The APIs reject every token. */
  isRefusing: boolean
}

export interface BrowserPorts {
  readonly settings: WorldSettings
  readonly server: Server
  readonly network: Network
  readonly watcher: Watcher
  readonly nowMs: () => number
  readonly faults: Readonly<Record<'token' | 'api' | 'login', NetworkFault[]>>
  readonly mood: Readonly<ServerMood>
  readonly say: (what: string) => void
  readonly count: (what: string) => void
  /** Called when a page sends a token request. */
  readonly refreshes: (page: PageLife) => void
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) => ({
  response: () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } }),
})
const rejection: Reply = json({ error: 'invalid_grant' }, 401)

const overloadFor = (retryAfterMs: number): Reply =>
  json({}, 503, retryAfterMs > 0 ? { 'retry-after': `${retryAfterMs / 1000}` } : {})

/** The thumbprint of the key that made a proof (RFC 7638). */
function keyOf(proof: string | null): string | null {
  if (!proof) return null
  const { jwk } = JSON.parse(Buffer.from(proof.split('.')[0] ?? '', 'base64url').toString()) as {
    jwk: Record<string, string>
  }
  const { crv, kty, x, y } = jwk
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

/** The browser with its cookie, and all servers behind the network. */
export function createBrowser(ports: BrowserPorts) {
  const { settings, server, network, watcher, nowMs, faults, say, count, mood } = ports
  const { mode, lifetimeIn, lifetimeMs } = settings
  const isCookie = mode === 'cookie' || mode === 'bff'
  let jar: Jar = { value: null, changedAtMs: 0 }
  let nonce = 0
  let lastLogin: CookieCall | null = null
  /** How often the server was called for the sign-out of a login, whether or not it heard of it. */
  const signOutCalls = new Map<Family, number>()
  /** `by`: the call whose response brings it; left out for a navigation. */
  const setCookie = (value: string | null, by?: CookieCall) => {
    const login = lastLogin
    const isOlder = by && !by.isLogin && by.page === login?.page && by.sentAtMs < login.sentAtMs
    // A login does not wait for ever: neither for one call, nor for several of one refresh.
    const isDue = login && login.sentAtMs - Math.min(login.askedAtMs, by?.sentAtMs ?? 0) >= patienceOfLoginMs
    watcher.check(rules.sparesLogin(Boolean(isOlder && !isDue)))
    lastLogin = by?.isLogin ? by : null
    jar = { value, changedAtMs: nowMs() }
    watcher.sessions.noteCookie(server.factsOf(value)?.family)
    say(`the cookie is now ${watcher.nameOf(value)}`)
  }

  /** What the body of a login or a refresh holds. */
  function bodyOf(issued: Issued): Record<string, unknown> {
    const { family, accessToken, refreshToken } = issued
    if (mode === 'bff') {
      const { subject, ...more } = statementOf(issued, settings)
      return { sub: subject, family: family.number, ...more }
    }
    const tokens = isCookie || refreshToken === null ? { accessToken } : { accessToken, refreshToken }
    return {
      ...tokens,
      ...statementOf(issued, settings),
      scope: `family-${family.number}`,
      ...(lifetimeIn === 'response' && { expiresInSeconds: lifetimeMs / 1000 }),
      ...(mode === 'oauth' && { token_type: 'Bearer' }),
      ...(mode === 'dpop' && { token_type: 'DPoP' }),
    }
  }
  /** What `signIn` is given. */
  function inputOf(issued: Issued): Record<string, unknown> {
    const body = bodyOf(issued)
    if (mode !== 'bff') return body
    const { sub: subject, ...claims } = body
    return { cookie: true, subject, claims }
  }
  function logIn(person: Person): Served {
    const issued = server.issue(person)
    return { ...json(inputOf(issued)), cookie: issued.refreshToken }
  }
  function refresh(body: string, cookie: string | null, proof: string | null): Served {
    const form = body.startsWith('{')
      ? (JSON.parse(body) as Record<string, string>)
      : Object.fromEntries(new URLSearchParams(body))
    const token = isCookie ? cookie : (form['refreshToken'] ?? form['refresh_token'])
    if (mode === 'bff') {
      const family = server.factsOf(cookie)?.family
      if (!family || family.revoked) return rejection
      family.freshUntilMs = nowMs() + lifetimeMs
      const { person } = family
      return json(bodyOf({ person, family, id: 0, isLogin: false, accessToken: '', refreshToken: null }))
    }
    if (mode === 'dpop' && keyOf(proof) !== server.factsOf(token)?.family.jkt) return rejection
    const issued = server.refresh(token, form['resource'])
    if (!issued) return rejection
    const { accessToken: brought } = issued
    return { ...json(bodyOf(issued)), brought, ...(isCookie && { cookie: issued.refreshToken }) }
  }
  function logOut(cookie: string | null): Served {
    const family = server.factsOf(cookie)?.family
    if (family) family.revoked = true
    say(`the server hears of the sign-out of ${watcher.nameOf(cookie)}`)
    return { response: () => new Response(null, { status: 204 }), cookie: null }
  }
  function answerApi(url: URL, token: string | null, cookie: string | null, proof: string | null): Reply {
    const family = mode === 'bff' ? server.factsOf(cookie)?.family : server.factsOf(token)?.family
    const audience = settings.hasAudiences && url.origin === origins.files ? 'files' : ''
    const isRight =
      mode === 'bff'
        ? family !== undefined && !family.revoked && nowMs() < family.freshUntilMs
        : server.accepts(token, audience)
    const isIn = isRight && !mood.isRefusing
    const scheme = mode === 'dpop' ? 'DPoP' : 'Bearer'
    const challenge = (value: string, more: Record<string, string> = {}) =>
      json({}, 401, { 'www-authenticate': `${scheme} ${value}`, ...more })
    if (mode === 'dpop' && proof && settings.hasNonces) {
      const { nonce: told } = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) as {
        nonce?: string
      }
      if (told !== `n${nonce}`) return challenge('error="use_dpop_nonce"', { 'dpop-nonce': `n${nonce}` })
    }
    if (!isIn || !family) return challenge('error="invalid_token"')
    if (mode === 'dpop' && keyOf(proof) !== family.jkt) return challenge('error="invalid_dpop_proof"')
    if (url.pathname.startsWith('/vault') && family.level < 2)
      return challenge('error="insufficient_user_authentication", acr_values="high"')
    watcher.accepted(token)
    return json({ served: family.person })
  }

  /** `fetch` of a page, below the client. */
  function send(page: PageLife, input: RequestInfo | URL, init: RequestInit | undefined): Promise<Response> {
    const request = input instanceof Request ? input : new Request(input, init)
    const url = new URL(request.url)
    const { headers, keepalive } = request
    const [token, proof] = [headers.get('authorization')?.replace(/^\w+ /, '') ?? null, headers.get('dpop')]
    const cookie = isCookie && request.credentials !== 'omit' && url.origin === origins.api ? jar.value : null
    const body =
      typeof init?.body === 'string' ? init.body : init?.body instanceof URLSearchParams ? `${init.body}` : ''
    const signal = init?.signal ?? request.signal
    watcher.seen(page, { url: request.url, headers, body, token })
    const path = `${url.origin === origins.id ? '/id' : ''}${url.pathname}`
    const askedAtMs = Number(url.searchParams.get('askedAtMs') ?? nowMs())
    const call: CookieCall = { page, sentAtMs: nowMs(), askedAtMs, isLogin: path === '/login' }
    const pass = (fault: NetworkFault | undefined, serve: () => Served, onEnd?: (isAnswered: boolean) => void) => {
      const handle = () => {
        const { response, cookie: brought } = serve()
        return { response, ...(brought !== undefined && { arrive: () => setCookie(brought, call) }) }
      }
      return network.send(page, { fault, signal, keepalive, handle, ...(onEnd && { onEnd }) })
    }
    const faultOf = (what: keyof typeof faults) => {
      const fault = faults[what].shift()
      if (fault) count(`${what} request: ${fault}`)
      return fault
    }
    if (path === '/login') return pass(faultOf('login'), () => logIn(body as Person))
    if (path === '/logout') {
      const fault = faultOf('login')
      const family = server.factsOf(cookie)?.family
      if (family) signOutCalls.set(family, (signOutCalls.get(family) ?? 0) + 1)
      // A 200 counts, whatever its body is.
      return pass(fault === 'html' || fault === 'cut' ? 'broken' : fault, () => logOut(cookie))
    }
    if (path === '/refresh' || path === '/id/token' || path === '/me') {
      const fault = faultOf('token')
      const form = body.startsWith('{')
        ? (JSON.parse(body) as Record<string, string>)
        : Object.fromEntries(new URLSearchParams(body))
      const presented = isCookie ? cookie : (form['refreshToken'] ?? form['refresh_token'] ?? null)
      const presentation = watcher.presented(page, presented)
      ports.refreshes(page)
      if (fault === 'busy-until') presentation.note({ isBusy: true, retryAfterMs })
      if (fault === 'busy') presentation.note({ isBusy: true })
      // For all that the page knows the server may have rotated it.
      if (fault === 'broken' || fault === 'html') presentation.note({ isLost: true })
      const handle = () => {
        if (mood.overload) {
          presentation.note({ isBusy: true, ...mood.overload })
          return overloadFor(mood.overload.retryAfterMs)
        }
        const reply = refresh(body, cookie, proof)
        presentation.note({ isRejected: reply === rejection, brought: reply.brought })
        return reply
      }
      return pass(fault, handle, presentation.end)
    }
    const asked: AskedRequest | undefined = watcher.requestOf(url)
    if (asked) watcher.sent(page, asked, { url, token, cookie, jar })
    const fault = faultOf('api')
    // Whatever answers in the server's place, it is no 401.
    if (fault) watcher.accepted(token)
    return pass(fault, () => answerApi(url, token, cookie, proof))
  }

  return {
    send,
    inputOf,
    isCookie,
    signOutCalls,
    get jar() {
      return jar
    },
    /** A login by navigation, or of another library: only the cookie tells of it. */
    navigate(person: Person): void {
      setCookie(server.issue(person).refreshToken)
    },
    newNonce: () => {
      nonce += 1
    },
  }
}
export type Browser = ReturnType<typeof createBrowser>
