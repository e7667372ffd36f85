// React Router: sends signed-out users to the login page before anything of the route is loaded or rendered.
import type { Client } from 'latchkey'
import { redirect } from 'react-router'

/**
 * @example { path: '/todos', middleware: [requireSession(api)], loader: loadTodos, Component: Todos }
 * @example { path: '/todos', loader: requireSession(api), Component: Todos } // React Router 6 and 7.0 have no middleware
 */
export const requireSession =
  ({ session }: Pick<Client, 'session'>, loginPath = '/login') =>
  async ({ request }: { readonly request: Request }): Promise<void> => {
    // 'unknown' goes through: the server could not be asked, and its requests say so.
    if ((await session.ready()).status !== 'signed-out') return
    const { pathname, search } = new URL(request.url)
    throw redirect(`${loginPath}?${new URLSearchParams({ returnTo: pathname + search })}`)
  }

/** Leaves a guarded page when the session ends while it is open, here or in another tab: the guards run again. */
export const leaveWhenEnded = (
  { session }: Pick<Client, 'session'>,
  router: { revalidate(): Promise<void> },
): (() => void) => session.on('ended', () => void router.revalidate())
