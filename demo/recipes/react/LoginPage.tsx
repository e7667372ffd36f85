// A login page: says why the session ended or the login failed, and goes on by itself when the user signs in in another tab.
import { isHTTPError } from 'ky'
import { type Client, safeReturnTo } from 'latchkey'
import { useSession } from 'latchkey/react'
import { type FormEvent, useEffect, useState } from 'react'

export interface LoginPageProps {
  readonly api: Client
  /** The `returnTo` of the query. */
  readonly returnTo: string | null
  readonly navigate: (path: string) => void
}

const messageOf = (error: unknown): string =>
  isHTTPError(error) && error.response.status === 401
    ? 'Wrong name or password.'
    : 'Signing in failed. Please try again.'

export function LoginPage({ api, returnTo, navigate }: LoginPageProps) {
  const { status, endReason } = useSession(api)
  const hasExpired = endReason === 'expired' || endReason === 'refresh-rejected'
  const [failure, setFailure] = useState('')
  // Once for each sign-in
  useEffect(() => {
    if (status === 'signed-in') navigate(safeReturnTo(returnTo))
  }, [status])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const json = Object.fromEntries(new FormData(event.currentTarget))
    setFailure('')
    try {
      await api.session.signIn(await api.post('auth/login', { json, auth: false }).json())
    } catch (error) {
      setFailure(messageOf(error))
    }
  }
  const alert = failure || (hasExpired && 'Your session has expired.')
  return (
    <form onSubmit={submit}>
      {alert && <p role="alert">{alert}</p>}
      <label>
        Name <input name="name" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}
