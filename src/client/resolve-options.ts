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

/** The options once and for all: defaults filled in, every value checked by its name. */
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
  /** What relative URLs of `post` resolve against, found when needed: a page may come later than its client. */
  readonly baseUrl: () => string | undefined
  /** Whether they are joined to it whole, as ky does it with a `prefix`: `/a` is below it, too. */
  readonly isPrefix: boolean
  readonly trusted: () => TrustedOrigins
  readonly sessionName: () => string
  /** What 0.1 called it, where that may be another name. */
  readonly formerName: () => string | undefined
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
    // No storage in this place (opaque origin), so it is not that.
  }
  check(!isSessionStorage, 'store', 'write `indexedDbStore()`: a duplicated tab would hold the same token')
  return asSessionStore(given)
}

/** Relative URLs of two apps on one origin are not the same. */
const idOf = ({ id = '' }: RefreshStrategy, baseUrl: string | undefined): string =>
  typeof id === 'function' ? id(baseUrl) : id

const nameOf = (base: URL | null, strategy: RefreshStrategy, root: string | undefined): string =>
  `${base ? originOf(base) : ''} ${idOf(strategy, root)}`

/** @throws ConfigurationError naming the option and what to write instead */
export function resolveOptions(options: GivenOptions): ResolvedOptions {
  check(Object(options) === options, 'options', "write `{ baseUrl: 'https://api.example.com/' }`")
  const { refresh, onLoginRequired, reauthenticate, shouldRefresh, trustedOrigins = [], scheme = bearer() } = options
  const { whenOffline = 'fail', sessionName, sendHeaders } = options
  const insecure = options.allowInsecureRequests === true
  checkNames(options)
  checkFunctions(options)
  check(whenOffline === 'fail' || whenOffline === 'wait', 'whenOffline', "write 'fail' or 'wait'")
  check(
    sessionName === undefined || (typeof sessionName === 'string' && sessionName !== ''),
    'sessionName',
    'write a text',
  )
  check(typeof (scheme as Partial<WireScheme>)?.attach === 'function', 'scheme', 'write `bearer()`')
  check(Array.isArray(trustedOrigins), 'trustedOrigins', "write a list: `['https://files.example.com']`")
  for (const [index, origin] of trustedOrigins.entries()) checkOrigin(origin, `trustedOrigins[${index}]`, insecure)
  const base = options.baseUrl ?? options.prefix
  checkBaseUrl(base, trustedOrigins, insecure)
  if (insecure) warnInsecure()
  checkLastSegment(options.baseUrl)
  const isPrefix = Boolean(options.prefix)
  const strategy = resolveStrategy(refresh)
  let trusted: TrustedOrigins | undefined
  const root = () => {
    const resolved = absolute(options.prefix, absolute(options.baseUrl)?.href)?.href
    return isPrefix ? resolved?.replace(/\/*$/, '/') : resolved
  }
  // An endpoint with a slash before it has an id without the prefix.
  const below = () => (isPrefix && typeof strategy.id === 'function' ? [root()] : [])
  const trust = () => {
    if (trusted) return trusted
    const own = absolute(base)
    const origins = createTrustedOrigins([own ?? '', ...trustedOrigins], insecure)
    // Without a page yet, nothing relative can be meant: asked again later.
    if (own) trusted = origins
    return origins
  }
  return {
    strategy,
    canRefresh: refresh !== undefined,
    store: resolveStore(options.store, strategy),
    scheme: scheme as WireScheme,
    limits: resolveLimits(options.limits, defaultLimits),
    whenOffline,
    onLoginRequired: onLoginRequired as ResolvedOptions['onLoginRequired'],
    reauthenticate: reauthenticate as ResolvedOptions['reauthenticate'],
    shouldRefresh,
    sendHeaders,
    initial: readInitialSession(options.initial),
    baseUrl: root,
    isPrefix,
    trusted: trust,
    sessionName: () => sessionName ?? [nameOf(absolute(base), strategy, root()), ...below()].join(' '),
    formerName: () => (sessionName ? undefined : [...[...trust().list].sort(), idOf(strategy, undefined)].join(' ')),
  }
}
