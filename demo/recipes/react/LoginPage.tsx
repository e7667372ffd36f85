// A login page: says why the session ended, and goes on by itself when the user signs in in another tab.
import { type Client, safeReturnTo } from 'latchkey'
import { useSession } from 'latchkey/react'
import { type FormEvent, useEffect } from 'react'

export interface LoginPageProps {
  readonly api: Client
  /** The `returnTo` of the query. */
  readonly returnTo: string | null
  readonly navigate: (path: string) => void
}

export function LoginPage({ api, returnTo, navigate }: LoginPageProps) {
  const { status, endReason } = useSession(api)
  // Once for each sign-in
  useEffect(() => {
    if (status === 'signed-in') navigate(safeReturnTo(returnTo))
  }, [status])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const json = Object.fromEntries(new FormData(event.currentTarget))
    await api.session.signIn(await api.post('auth/login', { json, auth: false }).json())
  }
  return (
    <form onSubmit={submit}>
      {(endReason === 'expired' || endReason === 'refresh-rejected') && <p role="alert">Your session has expired.</p>}
      <label>
        Name <input name="subject" autoComplete="username" />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}
