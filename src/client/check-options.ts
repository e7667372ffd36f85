import { check, factoryName } from '../errors.ts'
import { isWeb, originProblem } from '../http/trusted-origins.ts'
import { ownBaseUrl, parseUrl } from '../platform/page.ts'
import type { AuthRequestOptions } from '../request/request-context.ts'
import type { Limits, SessionOptions } from './options.ts'

/** Options that belong to the session: rejected in `extend()` and `create()`, and kept out of ky's. */
export const sessionOptionNames: readonly (keyof SessionOptions)[] = [
  'refresh',
  'onLoginRequired',
  'reauthenticate',
  'shouldRefresh',
  'sendHeaders',
  'store',
  'sessionName',
  'initial',
  'trustedOrigins',
  'allowInsecureRequests',
  'scheme',
  'whenOffline',
  'limits',
]

/** What to write instead of names (here in lower case) of other libraries. */
const brought: Readonly<Record<string, string>> = {
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
  // Names of the 0.1 preview.
  exchangetimeoutms: 'limits.refreshTimeoutMs',
  lostanswergracems: 'limits.reuseIntervalMs',
  fruitlessexchanges: 'limits.unhelpfulRefreshes',
  fruitlesswindowms: 'limits.unhelpfulWindowMs',
}

export const isOptions = (value: unknown): boolean => Object(value) === value && !Array.isArray(value)

const isFunction = (value: unknown): boolean => value === undefined || typeof value === 'function'

/** The options that are functions, and what to write instead of a wrong value. */
const functions = {
  onLoginRequired: "write a function: `redirectTo('/login')`",
  reauthenticate: 'write an async function',
  shouldRefresh: 'write a function: `({ status }) => status === 419`',
  sendHeaders: "write a function: `() => ({ 'X-CSRF-Token': … })`",
} as const

export function checkFunctions(options: Readonly<Partial<Record<keyof typeof functions, unknown>>>): void {
  for (const [name, instead] of Object.entries(functions))
    check(isFunction(options[name as keyof typeof functions]), name, instead)
}

/** Whether a name, here in lower case, is that of an option in other letters, or but for an ending of one or two. */
const isMeantBy = (plain: string) => (option: string) => {
  const known = option.toLowerCase()
  const isNear = Math.abs(known.length - plain.length) <= 2 && plain.length > 4
  return known === plain || (isNear && (known.startsWith(plain) || plain.startsWith(known)))
}

/** Finds misnamed options, which would be ignored, and factories that were passed without calling them. */
export function checkNames(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const plain = name.toLowerCase()
    const right = brought[plain] ?? [...sessionOptionNames, 'baseUrl'].find(isMeantBy(plain)) ?? name
    check(right === name, name, `write \`${right}\``)
    if (typeof value !== 'function') continue
    const factory = factoryName(value) ?? (/^(?:scheme|store)$/.test(name) ? value.name : undefined)
    check(factory === undefined, name, `call the function: \`${factory}(…)\``)
  }
}

/** Checks the defaults of an instance. */
export function checkRequestOptions(options: object): void {
  for (const name of sessionOptionNames)
    check(!(name in options), name, 'belongs to createClient: instances share one session')
  checkNames(options)
  const { auth, replay, baseUrl } = options as AuthRequestOptions & { readonly baseUrl?: string | URL }
  checkLastSegment(baseUrl)
  check([undefined, true, false, 'optional'].includes(auth), 'auth', "write true, false or 'optional'")
  check(
    isFunction(replay) || typeof replay === 'boolean',
    'replay',
    'write true, false or a function that makes the body',
  )
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

/** A host without a scheme: `new URL` would read it as a path of the page, or its name as a scheme. */
const hostAlone = /^[^/?#]*[.:]\w/

export function checkOrigin(origin: string | URL, option: string, insecure?: boolean): void {
  const problem = originProblem(origin, insecure)
  check(!problem, option, problem ?? '')
}

/** On a page without an origin of its own (`file:`, `capacitor:`), relative URLs mean nothing. */
export function checkBaseUrl(base: string | URL | undefined, others: readonly unknown[], insecure: boolean): void {
  const isUrl = base === undefined || typeof base === 'string' || 'href' in Object(base)
  // On a server it may be relative: the page comes later.
  const resolved = absolute(base, ownBaseUrl() ?? 'https://latchkey.invalid')
  check(
    isUrl && !hostAlone.test(String(base ?? '')) && resolved && isWeb(resolved),
    'baseUrl',
    "write an absolute https URL, or './…' for a path of the page",
  )
  // Without `baseUrl`, a page that trusts other origins need not be trusted itself.
  if (base !== undefined || others.length === 0) checkOrigin(resolved.origin, 'baseUrl', insecure)
}

export function resolveLimits(
  given: Limits | undefined = {},
  defaults: Readonly<Record<keyof Limits, number>>,
): Readonly<Record<keyof Limits, number>> {
  check(isOptions(given), 'limits', 'write an object: `{ leewayMs: 30_000 }`')
  const limits = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    const right = brought[name.toLowerCase()]
    check(name in limits, `limits.${name}`, right ? `is now \`${right}\`` : `one of ${Object.keys(limits).join(', ')}`)
    if (value === undefined) continue
    check(
      typeof value === 'number' && (value > 0 || (value === 0 && name === 'patienceMs')) && value < 2 ** 31,
      `limits.${name}`,
      name === 'patienceMs' ? 'write 0 or a number over it' : 'write a number over 0',
    )
    limits[name as keyof Limits] = value
  }
  return limits
}
