import { factory } from '../errors.ts'
import type { LoginRequiredEvent } from './login-notifier.ts'

export interface RedirectOptions {
  /** The query parameter that says where to come back to. @default 'returnTo' */
  readonly param?: string | undefined
}

const trim = ({ pathname }: Pick<URL, 'pathname'>) => pathname.replace(/\/$/, '')

/**
 * For `onLoginRequired`: goes to `path` with `returnTo` in the query; does nothing if already there, and on a login loop
 * logs an error instead. Read it on the login page with `safeReturnTo`.
 *
 * @example
 * onLoginRequired: redirectTo('/login')
 */
export const redirectTo = /* @__PURE__ */ factory('redirectTo', (path: string | URL, options: RedirectOptions = {}) => {
  const { param = 'returnTo' } = options
  // Nothing of the claims: `createClient` would take their type from here.
  return ({ reason, returnTo }: Pick<LoginRequiredEvent, 'reason' | 'returnTo'>): void => {
    const { location } = globalThis
    if (!location) return
    const target = new URL(path, location.href)
    const isThere = target.origin === location.origin && trim(target) === trim(location)
    // With a hash router, all pages have one path.
    if (isThere && location.hash.startsWith(target.hash)) return
    if (reason === 'login-loop') {
      console.error('latchkey: signed in and refused again within 30 s, so the login page is not opened once more.')
      return
    }
    target.searchParams.set(param, returnTo)
    location.assign(target)
  }
})
