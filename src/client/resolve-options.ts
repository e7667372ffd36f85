import { check, warnInsecure } from '../errors.ts'
import { createTrustedOrigins, originOf, type TrustedOrigins } from '../http/trusted-origins.ts'
import type { LoginRequiredEvent } from '../login/login-notifier.ts'
import type { ReauthenticateContext } from '../login/reauthenticator.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import { bearer } from '../schemes/bearer.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import { type AssumedSession, readInitialSession } from '../session/initial-session.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionStore } from '../session/session-store.ts'
import { asSessionStore } from '../stores/key-value.ts'
import { memoryStore } from '../stores/memory.ts'
import {
  absolute,
  checkBaseUrl,
  checkFunctions,
  checkLastSegment,
  checkNames,
  checkOrigin,
  resolveLimits,
} from './check-options.ts'
import type { Limits, SessionOptions } from './options.ts'

/** The options with their defaults, every value checked. */
export interface ResolvedOptions {
  readonly strategy: RefreshStrategy
  readonly canRefresh: boolean
  readonly store: SessionStore
  readonly scheme: WireScheme
  readonly limits: Readonly<Record<keyof Limits, number>>
  readonly whenOffline: 'fail' | 'wait'
  readonly onLoginRequired: ((event: LoginRequiredEvent) => unknown) | undefined
  readonly reauthenticate: ((need: ReauthenticateContext) => Promise<SessionInput | null>) | undefined
  readonly shouldRefresh: SessionOptions['shouldRefresh']
  readonly sendHeaders: SessionOptions['sendHeaders']
  readonly initial: AssumedSession | null
  /** The base of relative URLs of `post`. Read when needed: the client may be created before there is a page. */
  readonly baseUrl: () => string | undefined
  /** Whether URLs are appended to it, as ky does with a `prefix`: `/a` is below it, too. */
  readonly isPrefix: boolean
  readonly trusted: () => TrustedOrigins
  readonly sessionName: () => string
}

export interface GivenOptions extends SessionOptions<never> {
  readonly baseUrl?: string | URL | undefined
  readonly prefix?: string | URL | undefined
}

const defaultLimits: Record<keyof Limits, number> = {
  refreshTimeoutMs: 10_000,
  leewayMs: 300_000,
  patienceMs: 5000,
  unhelpfulRefreshes: 5,
  unhelpfulWindowMs: 30_000,
  circuitOpensAfter: 10,
  reuseIntervalMs: 30_000,
  storeTimeoutMs: 2000,
}

function resolveStrategy(refresh: GivenOptions['refresh']): RefreshStrategy {
  if (typeof refresh === 'function') return { refresh }
  check(
    refresh === undefined || typeof refresh?.refresh === 'function',
    'refresh',
    'write an async function, or `cookieRefresh({ … })`',
  )
  return refresh ?? { refresh: async () => null }
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
    // No storage here (opaque origin), so `store` is not `sessionStorage`.
  }
  check(!isSessionStorage, 'store', 'write `indexedDbStore()`: a duplicated tab would hold the same token')
  return asSessionStore(given)
}

/** The id of a strategy. It depends on the base URL: the same relative URL of two apps is not the same endpoint. */
const idOf = ({ id = '' }: RefreshStrategy, baseUrl: string | undefined): string =>
  typeof id === 'function' ? id(baseUrl) : id

const nameOf = (base: URL | null, strategy: RefreshStrategy, root: string | undefined): string =>
  `${base ? originOf(base) : ''} ${idOf(strategy, root)}`

/** Everything that depends on the page. Read when needed: the client may be created before there is a page. */
function resolveUrls(options: GivenOptions, strategy: RefreshStrategy, isInsecure: boolean) {
  const { baseUrl, prefix, sessionName, trustedOrigins = [] } = options
  const base = baseUrl ?? prefix
  const isPrefix = Boolean(prefix)
  let known: TrustedOrigins | undefined
  const root = () => {
    const resolved = absolute(prefix, absolute(baseUrl)?.href)?.href
    return isPrefix ? resolved?.replace(/\/*$/, '/') : resolved
  }
  // The id of an endpoint that begins with a slash does not contain the prefix.
  const below = () => (isPrefix && typeof strategy.id === 'function' ? [root()] : [])
  const trusted = () => {
    if (known) return known
    const own = absolute(base)
    const origins = createTrustedOrigins([own ?? '', ...trustedOrigins], isInsecure)
    // Without a page, a relative base URL has no origin yet: try again later.
    if (own) known = origins
    return origins
  }
  return {
    baseUrl: root,
    isPrefix,
    trusted,
    sessionName: () => sessionName ?? [nameOf(absolute(base), strategy, root()), ...below()].join(' '),
  }
}

function checkOptions(options: GivenOptions, isInsecure: boolean): void {
  const { whenOffline, sessionName, scheme, trustedOrigins = [] } = options
  checkNames(options)
  checkFunctions(options)
  check([undefined, 'fail', 'wait'].includes(whenOffline), 'whenOffline', "write 'fail' or 'wait'")
  const isName = sessionName === undefined || (typeof sessionName === 'string' && sessionName !== '')
  check(isName, 'sessionName', 'write a string')
  const isScheme = scheme === undefined || typeof (scheme as Partial<WireScheme> | null)?.attach === 'function'
  check(isScheme, 'scheme', 'write `bearer()`')
  check(Array.isArray(trustedOrigins), 'trustedOrigins', "write a list: `['https://files.example.com']`")
  for (const [index, origin] of trustedOrigins.entries()) checkOrigin(origin, `trustedOrigins[${index}]`, isInsecure)
  checkBaseUrl(options.baseUrl ?? options.prefix, trustedOrigins, isInsecure)
  if (isInsecure) warnInsecure()
  checkLastSegment(options.baseUrl)
}

/** @throws ConfigurationError that names the option and says what to write instead */
export function resolveOptions(options: GivenOptions): ResolvedOptions {
  check(Object(options) === options, 'options', "write `{ baseUrl: 'https://api.example.com/' }`")
  const isInsecure = options.allowInsecureRequests === true
  checkOptions(options, isInsecure)
  const { refresh, onLoginRequired, reauthenticate, shouldRefresh, sendHeaders } = options
  const strategy = resolveStrategy(refresh)
  return {
    ...resolveUrls(options, strategy, isInsecure),
    strategy,
    canRefresh: refresh !== undefined,
    store: resolveStore(options.store, strategy),
    scheme: (options.scheme ?? bearer()) as WireScheme,
    limits: resolveLimits(options.limits, defaultLimits),
    whenOffline: options.whenOffline ?? 'fail',
    onLoginRequired: onLoginRequired as ResolvedOptions['onLoginRequired'],
    reauthenticate: reauthenticate as ResolvedOptions['reauthenticate'],
    shouldRefresh,
    sendHeaders,
    initial: readInitialSession(options.initial),
  }
}
