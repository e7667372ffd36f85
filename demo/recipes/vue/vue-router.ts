// Vue Router: sends signed-out users to the login page before the route is entered.
import type { Client } from 'latchkey'
import type { NavigationGuardReturn, RouteLocationNormalized, Router } from 'vue-router'

/**
 * For routes with `meta: { requiresSession: true }`.
 * @example router.beforeEach(requireSession(api))
 */
export const requireSession =
  ({ session }: Pick<Client, 'session'>, loginPath = '/login') =>
  async ({ meta, fullPath }: Pick<RouteLocationNormalized, 'meta' | 'fullPath'>): Promise<NavigationGuardReturn> => {
    if (!meta['requiresSession']) return true
    // 'unknown' goes through: the server could not be asked, and its requests say so.
    if ((await session.ready()).status !== 'signed-out') return true
    return { path: loginPath, query: { returnTo: fullPath } }
  }

/** Leaves a guarded page when the session ends while it is open, here or in another tab. */
export const leaveWhenEnded = ({ session }: Pick<Client, 'session'>, router: Router, loginPath = '/login') =>
  session.on('ended', () => {
    const { meta, fullPath } = router.currentRoute.value
    if (meta['requiresSession']) void router.push({ path: loginPath, query: { returnTo: fullPath } })
  })
