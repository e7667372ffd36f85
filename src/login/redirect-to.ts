import { factory } from '../errors.ts'
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
 * @example
 * onLoginRequired: redirectTo('/login')
 */
export const redirectTo = /* @__PURE__ */ factory('redirectTo', (path: string | URL, options: RedirectOptions = {}) => {
  const { param = 'returnTo' } = options
  // The parameter's type has no claims: `createClient` would infer their type from it.
  return ({ reason, returnTo }: Pick<LoginRequiredEvent, 'reason' | 'returnTo'>): void => {
    const { location } = globalThis
    if (!location) return
    const target = new URL(path, location.href)
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
