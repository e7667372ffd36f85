// A component that guards, for any router: renders its children only while a user is signed in.
import type { Client } from 'latchkey'
import { useSession } from 'latchkey/react'
import { Fragment, type ReactNode, useEffect } from 'react'

export interface RequireSessionProps {
  readonly api: Pick<Client, 'session'>
  /** Called with the path to come back to. Go to the login page. */
  readonly onSignedOut: (returnTo: string) => void
  /** While it is not known yet whether a user is signed in. */
  readonly fallback?: ReactNode
  readonly children: ReactNode
}

/** @example <RequireSession api={api} onSignedOut={returnTo => navigate(`/login?${new URLSearchParams({ returnTo })}`)}> */
export function RequireSession({ api, onSignedOut, fallback = null, children }: RequireSessionProps) {
  const { status, epoch } = useSession(api)
  // Once for each sign-out, however often the callback is made anew
  useEffect(() => {
    const { pathname, search, hash } = window.location
    if (status === 'signed-out') onSignedOut(pathname + search + hash)
  }, [status])
  if (status === 'signed-out') return null
  // The key: another user's page begins anew, with nothing of this one in its state.
  return status === 'unknown' ? fallback : <Fragment key={epoch}>{children}</Fragment>
}
