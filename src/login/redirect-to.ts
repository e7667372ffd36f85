import type { LoginRequired } from './login-required.ts'

export interface RedirectOptions {
  /** The query parameter that says where to come back to. @default 'returnTo' */
  readonly param?: string | undefined
}

/**
 * For `onLoginRequired`: goes to `path` with `returnTo` in the query; does nothing if already there, and on a login loop
 * logs an error instead. Read it on the login page with `safeReturnTo`.
 *
 * @example
 * onLoginRequired: redirectTo('/login')
 */
export function redirectTo(path: string | URL, options: RedirectOptions = {}): (event: LoginRequired<object>) => void {
  const { param = 'returnTo' } = options
  return ({ reason, returnTo }) => {
    const { location } = globalThis
    if (!location) return
    const target = new URL(path, location.href)
    if (target.origin === location.origin && target.pathname === location.pathname) return
    if (reason === 'login-loop') {
      console.error('latchkey: signed in and refused again within 30 s, so the login page is not opened once more.')
      return
    }
    target.searchParams.set(param, returnTo)
    location.assign(target)
  }
}
