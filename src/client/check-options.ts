import {
  aFlag,
  aText,
  checkNames,
  checkOptions,
  checkValues,
  has,
  isFunction,
  isOptions,
  isUrl,
  type NameSources,
  type OptionRule,
  type OptionRules,
} from '../checks/option-rules.ts'
import { check, warnInsecure } from '../errors.ts'
import { isHostAlone, isWeb, originProblem } from '../http/trusted-origins.ts'
import { ownBaseUrl, parseUrl } from '../platform/page.ts'
import { requestRules } from '../request/request-context.ts'
import type { Limits, SessionOptions } from './options.ts'

/** The options that both forms of a client read. */
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
const limitNames = Object.keys as (limits: typeof defaultLimits) => (keyof Limits)[]

// At most what a timer takes.
const isNumber = (value: unknown) => typeof value === 'number' && value >= 0 && value < 2 ** 31

const isStrategy = (value: unknown): boolean =>
  has(value, 'refresh') &&
  ['revoke', 'audienceOf', 'store'].every(name => isFunction(Object(value)[name] ?? isFunction))

const isStore = (value: unknown): boolean =>
  has(value, 'read', 'compareAndSet', 'overwrite') || has(value, 'getItem', 'setItem')

/** A stored `sessionStorage` is copied into a duplicated tab. */
function isSessionStorage(value: unknown): boolean {
  try {
    return value === globalThis.sessionStorage && value !== undefined
  } catch {
    // No storage here (opaque origin), so `value` is not `sessionStorage`.
    return false
  }
}

const sessionRules: OptionRules<SessionOptions> = {
  refresh: [value => isFunction(value) || isStrategy(value), 'an async function, or `cookieRefresh({ … })`'],
  onLoginRequired: [isFunction, "a function: `redirectTo('/login')`"],
  reauthenticate: [isFunction, 'an async function'],
  shouldRefresh: [isFunction, 'a function: `({ status }) => status === 419`'],
  sendHeaders: [isFunction, "a function: `() => ({ 'X-CSRF-Token': … })`"],
  store: [isStore, '`indexedDbStore()`, or an object with `getItem` and `setItem`'],
  sessionName: aText,
  // Checked where it is read.
  initial: [() => true, ''],
  trustedOrigins: [Array.isArray, "a list: `['https://files.example.com']`"],
  allowInsecureRequests: aFlag,
  scheme: [value => has(value, 'attach'), '`bearer()`'],
  whenOffline: [value => value === 'fail' || value === 'wait', "'fail' or 'wait'"],
  limits: [isOptions, 'an object: `{ leewayMs: 30_000 }`'],
}

/** Options that belong to the session: rejected in `extend()` and `create()`, and kept out of ky's. */
export const sessionOptionNames: readonly string[] = /* @__PURE__ */ Object.keys(sessionRules)

/** Names of other libraries, in lower case, and what to write instead. */
const foreign: Readonly<Record<string, string>> = {
  __proto__: null as never,
  onunauthorized: 'onLoginRequired',
  ontokenexpired: 'onLoginRequired',
  storage: 'store',
  refreshurl: 'refresh',
  refreshtoken: 'refresh',
  token: 'session.signIn(…)',
  accesstoken: 'session.signIn(…)',
  gettoken: 'session.signIn(…)',
  prefixurl: 'baseUrl` or `prefix',
  withcredentials: "credentials: 'include'",
  headers: 'sendHeaders: () => ({ … })',
  params: 'searchParams',
  data: 'json',
  tokenendpoint: 'refresh: oauthRefresh({ … })',
  clientid: 'refresh: oauthRefresh({ … })',
  signouturl: 'refresh: cookieRefresh({ … })',
}

/** Options of the client may be of the session, or of its limits. */
const sources = (onUnknown: NameSources['onUnknown'], known: readonly string[]): NameSources => ({
  places: () => [...sessionOptionNames, ...known, ...limitNames(defaultLimits).map(name => `limits: { ${name}: … }`)],
  foreign,
  onUnknown,
})

/** Names that are read by others than latchkey. With `onUnknown`, others may be, too. */
export interface OtherNames {
  readonly names: readonly string[]
  readonly onUnknown?: (name: string) => void
}

/** Checks the defaults of an instance, or the options of a request. */
export function checkRequestOptions(options: object, { names, onUnknown }: OtherNames): void {
  for (const name of sessionOptionNames)
    check(!(name in options), name, 'belongs to createClient: instances share one session')
  checkNames(options, names, sources(onUnknown, names))
  checkValues(options, requestRules)
}

/** Checks the defaults of a client. `Authorization` on every request would switch the library off. */
export function checkClientHeaders({ headers }: { readonly headers?: unknown }): void {
  const given = headers && typeof headers === 'object' ? new Headers(headers as HeadersInit) : undefined
  check(!given?.has('authorization'), 'headers.Authorization', 'write `session.signIn(…)` instead')
}

/** The absolute base URL; `null` if it is not known yet. */
export const absolute = (baseUrl: string | URL | undefined, page: string | undefined = ownBaseUrl()): URL | null =>
  parseUrl(baseUrl ?? '', page)

/** A relative path replaces what follows the last slash of the base (URL standard, path state): `/api` would be lost. */
export function checkLastSegment(baseUrl: string | URL | undefined): void {
  const isWhole = absolute(baseUrl, 'https://latchkey.invalid')?.pathname.endsWith('/') ?? true
  const problem = 'relative paths would replace its last segment: end it with a slash, or write it as `prefix`'
  check(isWhole, 'baseUrl', problem)
}

function checkOrigin(origin: string | URL, option: string, insecure: boolean): void {
  const problem = originProblem(origin, insecure)
  check(!problem, option, problem ?? '')
}

/** On a page without an origin of its own (`file:`, `capacitor:`), relative URLs mean nothing. */
function checkBaseUrl(base: string | URL | undefined, others: readonly unknown[], insecure: boolean): void {
  // On a server it may be relative: the page comes later.
  const resolved = absolute(base, ownBaseUrl() ?? 'https://latchkey.invalid')
  check(
    (!base || isUrl(base)) && !isHostAlone(base) && resolved && isWeb(resolved),
    'baseUrl',
    "write an absolute https URL, or './…' for a path of the page",
  )
  // Without `baseUrl`, a page that trusts other origins need not be trusted itself.
  if (base !== undefined || others.length === 0) checkOrigin(resolved.origin, 'baseUrl', insecure)
}

/** Checks the options of a client. */
export function checkClientOptions(options: GivenOptions, { names, onUnknown }: OtherNames): void {
  const { baseUrl, prefix, trustedOrigins = [], allowInsecureRequests: insecure = false, limits, store } = options
  checkNames(options, [...sessionOptionNames, ...names], sources(onUnknown, names))
  checkValues(options, sessionRules)
  check(!isSessionStorage(store), 'store', 'write `indexedDbStore()`: a duplicated tab would hold the same token')
  checkOptions(limits, limitRules(), 'limits.')
  for (const [index, origin] of trustedOrigins.entries()) checkOrigin(origin, `trustedOrigins[${index}]`, insecure)
  checkBaseUrl(baseUrl ?? prefix, trustedOrigins, insecure)
  if (insecure) warnInsecure()
  checkLastSegment(baseUrl)
}

function limitRules() {
  const rule: OptionRule = [value => isNumber(value) && value, 'a number over 0']
  const rules = Object.fromEntries(limitNames(defaultLimits).map(name => [name, rule])) as OptionRules<Limits>
  return { ...rules, patienceMs: [isNumber, '0 or a number over it'] } satisfies OptionRules<Limits>
}

/** `undefined` does not override: JSON leaves it out. */
export const resolveLimits = (given: Limits = {}): Readonly<Record<keyof Limits, number>> => ({
  ...defaultLimits,
  ...JSON.parse(JSON.stringify(given)),
})
