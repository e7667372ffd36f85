import { aText, checkOptions, isUrl } from '../checks/option-rules.ts'
import { check, factory } from '../errors.ts'
import { isHostAlone } from '../http/trusted-origins.ts'
import { parseUrl } from '../platform/page.ts'
import type { LoginRequiredEvent } from './login-notifier.ts'

export interface RedirectOptions {
  /** The query parameter that holds the path to return to. @default 'returnTo' */
  readonly param?: string | undefined
}

const trim = ({ pathname }: Pick<URL, 'pathname'>) => pathname.replace(/\/$/, '')

/**
 * Makes an `onLoginRequired` that navigates to `path`, with the current path as `returnTo` in the query. It does nothing if the
 * page is there already. On a login loop it logs an error instead. Read `returnTo` on the login page with `safeReturnTo`.
 *
 * @throws ConfigurationError if `path` is neither a path nor an absolute URL
 * @example
 * onLoginRequired: redirectTo('/login')
 */
export const redirectTo = /* @__PURE__ */ factory('redirectTo', (path: string | URL, options: RedirectOptions = {}) => {
  const parsed = isUrl(path) && !isHostAlone(path) && parseUrl(path, 'https://latchkey.invalid')
  check(
    parsed && !/^(?:java|vb|data|blob)/.test(parsed.protocol),
    'path',
    "write where your login page is: '/login', or an absolute https URL",
  )
  checkOptions(options, { param: aText })
  const { param = 'returnTo' } = options
  // As text: a URL object may be changed by its owner.
  const login = `${path}`
  // The parameter's type has no claims: `createClient` would infer their type from it.
  return ({ reason, returnTo }: Pick<LoginRequiredEvent, 'reason' | 'returnTo'>): void => {
    const { location } = globalThis
    if (!location) return
    const target = new URL(login, location.href)
    const isThere = target.origin === location.origin && trim(target) === trim(location)
    // With a hash router, all pages have one path.
    if (isThere && location.hash.startsWith(target.hash)) return
    if (reason === 'login-loop') {
      console.error('latchkey: signed in and rejected again within 30 s, so the login page is not opened again.')
      return
    }
    target.searchParams.set(param, returnTo)
    location.assign(target)
  }
})
