import { aText, checkOptions, isUrl } from '../checks/option-rules.ts'
import { check, factory } from '../errors.ts'
import { isHostAlone } from '../http/trusted-origins.ts'
import { ownBaseUrl, parseUrl } from '../platform/page.ts'
import type { LoginRequiredEvent } from './login-notifier.ts'

export interface RedirectOptions {
  /** The query parameter that holds the path to return to. @default 'returnTo' */
  readonly param?: string | undefined
}

const trim = (path: string) => path.replace(/\/$/, '')

/** Whether the user is on the login page. Its query and the route of its hash tell pages of one path apart; without them, any will do. */
function isAt({ origin, pathname, searchParams, hash }: URL, href: string, param: string): boolean {
  const here = new URL(href)
  // A hash router keeps a query in the hash.
  const [route, own] = [here.hash, hash].map(part => trim(part.replace(/[?&].*/s, '')))
  return (
    origin === here.origin &&
    trim(pathname) === trim(here.pathname) &&
    (!hash || route === own) &&
    [...searchParams].every(([name, value]) => name === param || here.searchParams.getAll(name).includes(value))
  )
}

/**
 * Makes an `onLoginRequired` that navigates to `path`, as a link to it would, with the current path as `returnTo` in the query. It
 * does nothing if the page is there already. On a login loop it logs an error instead. Read `returnTo` on the login page with
 * `safeReturnTo`.
 *
 * @throws ConfigurationError if `path` is neither a path nor an absolute URL
 * @example
 * onLoginRequired: redirectTo('/login')
 */
export const redirectTo = /* @__PURE__ */ factory('redirectTo', (path: string | URL, options: RedirectOptions = {}) => {
  // Where `login` leads depends on the page that it is read on.
  const isPlace = isUrl(path) && /^(?:[./?#]|[^/?#]+:\/\/)/.test(`${path}`) && !isHostAlone(path)
  const parsed = isPlace && parseUrl(path, 'https://latchkey.invalid')
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
    const target = new URL(login, ownBaseUrl())
    if (isAt(target, location.href, param)) return
    if (reason === 'login-loop') {
      console.error('latchkey: signed in and rejected again within 30 s, so the login page is not opened again.')
      return
    }
    target.searchParams.set(param, returnTo)
    location.assign(target)
  }
})
