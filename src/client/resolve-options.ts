import { ConfigurationError } from '../errors.ts'
import { createTrustedOrigins, originProblem, type TrustedOrigins } from '../http/trusted-origins.ts'
import type { LoginRequired } from '../login/login-required.ts'
import type { AuthenticationNeed } from '../login/reauthenticate.ts'
import { ownBaseUrl } from '../platform/page.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { AuthRequestOptions } from '../request/journey.ts'
import { bearer } from '../schemes/bearer.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import type { SessionStore } from '../session/session-store.ts'
import type { SessionInput } from '../session/token-set.ts'
import { asSessionStore } from '../stores/key-value.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Limits, SessionOptions } from './options.ts'

/** The options once and for all: defaults filled in, every value checked by its name. */
export interface ResolvedOptions {
  readonly strategy: RefreshStrategy
  readonly canRefresh: boolean
  readonly store: SessionStore
  readonly scheme: WireScheme
  readonly limits: Readonly<Record<keyof Limits, number>>
  readonly whenOffline: 'fail' | 'wait'
  readonly onLoginRequired: ((event: LoginRequired) => unknown) | undefined
  readonly reauthenticate: ((need: AuthenticationNeed) => Promise<SessionInput | null>) | undefined
  readonly shouldRefresh: SessionOptions['shouldRefresh']
  /** What relative URLs of `post` resolve against, found when needed: a page may come later than its client. */
  readonly baseUrl: () => string | undefined
  readonly trusted: () => TrustedOrigins
  readonly sessionName: () => string
}

export interface GivenOptions extends SessionOptions<never> {
  readonly baseUrl?: string | URL | undefined
  readonly prefix?: string | URL | undefined
}

const defaultLimits: Record<keyof Limits, number> = {
  exchangeTimeoutMs: 10_000,
  leewayMs: 30_000,
  fruitlessExchanges: 5,
  fruitlessWindowMs: 30_000,
  lostAnswerGraceMs: 30_000,
}

/** Options that belong to the session: refused in `extend()` and `create()`, and kept out of ky's. */
export const sessionOptionNames: readonly (keyof SessionOptions)[] = [
  'refresh',
  'onLoginRequired',
  'reauthenticate',
  'shouldRefresh',
  'store',
  'sessionName',
  'trustedOrigins',
  'scheme',
  'whenOffline',
  'limits',
]

const broughtAlong: Readonly<Record<string, string>> = {
  baseURL: 'baseUrl',
  prefixUrl: 'baseUrl` or `prefix',
  withCredentials: "credentials: 'include'",
}

function check(good: boolean, option: string, instead: string): asserts good {
  if (!good) throw new ConfigurationError(option, instead)
}

const isFunction = (value: unknown) => value === undefined || typeof value === 'function'

/** Names that people bring along from other libraries. */
function checkNames(options: object): void {
  for (const [name, instead] of Object.entries(broughtAlong)) check(!(name in options), name, `write \`${instead}\``)
}

/** An instance's defaults. The caller's own `Authorization` on every request would switch the whole library off. */
export function checkRequestOptions(options: object): void {
  for (const name of sessionOptionNames)
    check(!(name in options), name, 'belongs to createClient: instances share one session')
  checkNames(options)
  const { headers, auth, replay } = options as AuthRequestOptions & { readonly headers?: HeadersInit }
  check([undefined, true, false, 'optional'].includes(auth), 'auth', "write true, false or 'optional'")
  check(
    isFunction(replay) || typeof replay === 'boolean',
    'replay',
    'write true, false or a function that makes the body',
  )
  const given = headers && typeof headers === 'object' ? new Headers(headers) : undefined
  check(!given?.has('authorization'), 'headers.Authorization', 'write `session.signIn(…)` instead')
}

function resolveStrategy(refresh: GivenOptions['refresh']): RefreshStrategy {
  if (typeof refresh === 'function') return { exchange: refresh }
  check(
    refresh === undefined || typeof refresh?.exchange === 'function',
    'refresh',
    'write an async function, or `cookieRefresh({ … })`',
  )
  return refresh ?? { exchange: async () => null }
}

function resolveStore(given: GivenOptions['store'], strategy: RefreshStrategy): SessionStore {
  if (given === undefined) return strategy.store?.() ?? memoryStore()
  const has = (...methods: readonly string[]) =>
    methods.every(name => typeof (given as unknown as Readonly<Record<string, unknown>> | null)?.[name] === 'function')
  check(
    has('read', 'compareAndSet', 'overwrite') || has('getItem', 'setItem'),
    'store',
    'write `indexedDbStore()`, or an object with `getItem` and `setItem`',
  )
  let isSessionStorage = false
  try {
    isSessionStorage = given === globalThis.sessionStorage
  } catch {
    // No storage in this place (opaque origin), so it is not that.
  }
  check(!isSessionStorage, 'store', 'write `indexedDbStore()`: a duplicated tab would hold the same token')
  return asSessionStore(given)
}

function resolveLimits(given: Limits = {}): ResolvedOptions['limits'] {
  check(Object(given) === given && !Array.isArray(given), 'limits', 'write `{ leewayMs: 30_000 }` and the like')
  const limits = { ...defaultLimits }
  for (const [name, value] of Object.entries(given)) {
    check(name in limits, `limits.${name}`, `one of ${Object.keys(limits).join(', ')}`)
    if (value === undefined) continue
    check(typeof value === 'number' && value > 0 && value < 2 ** 31, `limits.${name}`, 'a number over 0')
    limits[name as keyof Limits] = value
  }
  return limits
}

/** The base URL as an absolute one, if that can be told now. */
function absolute(baseUrl: string | URL | undefined, page = ownBaseUrl()): string | undefined {
  try {
    return new URL(baseUrl ?? '', page).href
  } catch {
    return undefined
  }
}

/** A page without an origin of its own (`file:`, `capacitor:`) has nothing that relative URLs could mean. */
function checkBaseUrl(base: string | URL | undefined): void {
  const isUrl = base === undefined || typeof base === 'string' || 'href' in Object(base)
  // On a server it may be relative, to a page that is still to come.
  const resolved = absolute(base, ownBaseUrl() ?? 'https://latchkey.invalid') ?? ''
  check(isUrl && /^https?:/.test(resolved), 'baseUrl', 'write an absolute https URL')
}

/** Relative URLs of two apps on one origin are not the same. */
const idOf = ({ id = '' }: RefreshStrategy, baseUrl: string | undefined): string =>
  typeof id === 'function' ? id(baseUrl) : id

/** @throws ConfigurationError naming the option and what to write instead */
export function resolveOptions(options: GivenOptions): ResolvedOptions {
  const { refresh, onLoginRequired, reauthenticate, shouldRefresh, trustedOrigins = [], scheme = bearer() } = options
  const { whenOffline = 'fail', sessionName } = options
  checkNames(options)
  check(isFunction(onLoginRequired), 'onLoginRequired', "write a function: `redirectTo('/login')`")
  check(isFunction(reauthenticate), 'reauthenticate', 'write an async function')
  check(isFunction(shouldRefresh), 'shouldRefresh', 'write a function: `({ status }) => status === 419`')
  check(whenOffline === 'fail' || whenOffline === 'wait', 'whenOffline', "write 'fail' or 'wait'")
  check(
    sessionName === undefined || (typeof sessionName === 'string' && sessionName !== ''),
    'sessionName',
    'write a text',
  )
  check(typeof (scheme as Partial<WireScheme>)?.attach === 'function', 'scheme', 'write `bearer()`')
  check(Array.isArray(trustedOrigins), 'trustedOrigins', "write a list: `['https://files.example.com']`")
  for (const [index, origin] of trustedOrigins.entries()) {
    const problem = originProblem(origin)
    check(problem === null, `trustedOrigins[${index}]`, problem ?? '')
  }
  const base = options.baseUrl ?? options.prefix
  checkBaseUrl(base)
  const strategy = resolveStrategy(refresh)
  let trusted: TrustedOrigins | undefined
  const trust = () => {
    if (trusted) return trusted
    const own = absolute(base)
    const origins = createTrustedOrigins([own ?? '', ...trustedOrigins])
    // Without a page yet, nothing relative can be meant: asked again later.
    if (own) trusted = origins
    return origins
  }
  return {
    strategy,
    canRefresh: refresh !== undefined,
    store: resolveStore(options.store, strategy),
    scheme: scheme as WireScheme,
    limits: resolveLimits(options.limits),
    whenOffline,
    onLoginRequired: onLoginRequired as ResolvedOptions['onLoginRequired'],
    reauthenticate: reauthenticate as ResolvedOptions['reauthenticate'],
    shouldRefresh,
    baseUrl: () => absolute(base),
    trusted: trust,
    sessionName: () => sessionName ?? [...[...trust().list].sort(), idOf(strategy, absolute(base))].join(' '),
  }
}
