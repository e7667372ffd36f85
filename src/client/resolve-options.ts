import { isOptions } from '../checks/option-rules.ts'
import { check } from '../errors.ts'
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
import { absolute, checkClientOptions, type GivenOptions, type OtherNames, resolveLimits } from './check-options.ts'
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

/** A function alone is a strategy, too. */
const toStrategy = (refresh: GivenOptions['refresh'] = async () => null): RefreshStrategy =>
  typeof refresh === 'function' ? { refresh } : refresh

/** The id of a strategy. It depends on the base URL: the same relative URL of two apps is not the same endpoint. */
const idOf = (strategy: RefreshStrategy, baseUrl: string | undefined): string =>
  typeof strategy.id === 'function' ? strategy.id(baseUrl) : (strategy.id ?? '')

const nameOf = (base: URL | null, strategy: RefreshStrategy, root: string | undefined): string =>
  `${base ? originOf(base) : ''} ${idOf(strategy, root)}`

/** A URL object may be changed by its owner before it is first used. */
const fixed = <Url extends string | URL | undefined>(url: Url) => url && `${url}`

/** Everything that depends on the page. Read when needed: the client may be created before there is a page. */
function resolveUrls(options: GivenOptions, strategy: RefreshStrategy, isInsecure: boolean) {
  const { sessionName } = options
  const [baseUrl, prefix] = [options.baseUrl, options.prefix].map(fixed)
  const trustedOrigins = options.trustedOrigins?.map(fixed) ?? []
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

const ofFetch: OtherNames = { names: ['baseUrl', 'prefix', 'fetch'] }

/**
 * `others`: the names that are read elsewhere.
 * @throws ConfigurationError that names the option and says what to write instead
 */
export function resolveOptions(options: GivenOptions, others: OtherNames = ofFetch): ResolvedOptions {
  check(isOptions(options), 'options', "write `{ baseUrl: 'https://api.example.com/' }`")
  checkClientOptions(options, others)
  const { refresh, onLoginRequired, reauthenticate, shouldRefresh, sendHeaders, store } = options
  const strategy = toStrategy(refresh)
  return {
    ...resolveUrls(options, strategy, options.allowInsecureRequests === true),
    strategy,
    canRefresh: refresh !== undefined,
    store: store === undefined ? (strategy.store?.() ?? memoryStore()) : asSessionStore(store),
    scheme: (options.scheme ?? bearer()) as WireScheme,
    limits: resolveLimits(options.limits),
    whenOffline: options.whenOffline ?? 'fail',
    onLoginRequired: onLoginRequired as ResolvedOptions['onLoginRequired'],
    reauthenticate: reauthenticate as ResolvedOptions['reauthenticate'],
    shouldRefresh,
    sendHeaders,
    initial: readInitialSession(options.initial),
  }
}
