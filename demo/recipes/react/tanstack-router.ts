// TanStack Router: sends signed-out users to the login page before anything of the route is loaded or rendered.
import { redirect } from '@tanstack/react-router'
import type { Client } from 'latchkey'

/** @example createRoute({ path: '/todos', beforeLoad: requireSession(api), component: Todos, getParentRoute: () => root }) */
export const requireSession =
  ({ session }: Pick<Client, 'session'>, loginPath = '/login') =>
  async ({ location }: { readonly location: { readonly href: string } }): Promise<void> => {
    // 'unknown' goes through: the server could not be asked, and its requests say so.
    if ((await session.ready()).status !== 'signed-out') return
    throw redirect({ to: loginPath, search: { returnTo: location.href } })
  }

/** Leaves a guarded page when the session ends while it is open, here or in another tab: the guards run again. */
export const leaveWhenEnded = (
  { session }: Pick<Client, 'session'>,
  router: { invalidate(): Promise<void> },
): (() => void) => session.on('ended', () => void router.invalidate())
