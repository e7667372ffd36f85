// A countdown to the session's end, with a button that extends it.
import type { Client } from 'latchkey'
import { useSession } from 'latchkey/react'
import { useEffect, useState } from 'react'

/** Seconds until the session ends, as the server has said (`sessionExpiresInSeconds`); `null` if it does not say. */
export function useSecondsLeft(api: Pick<Client, 'session'>): number | null {
  const endsAtMs = useSession(api, ({ sessionExpiresAtMs }) => sessionExpiresAtMs)
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    if (endsAtMs === null) return
    const look = () => setNowMs(Date.now())
    const timer = setInterval(look, 1000)
    look()
    return () => clearInterval(timer)
  }, [endsAtMs])
  return endsAtMs === null ? null : Math.max(0, Math.round((endsAtMs - nowMs) / 1000))
}

/** Appears in the last two minutes. */
export function StaySignedIn({
  api,
  warnSeconds = 120,
}: {
  readonly api: Pick<Client, 'session'>
  readonly warnSeconds?: number
}) {
  const secondsLeft = useSecondsLeft(api)
  if (secondsLeft === null || secondsLeft > warnSeconds) return null
  return (
    <div role="alertdialog" aria-label="Your session ends soon">
      You will be signed out in {secondsLeft} s.{' '}
      <button type="button" onClick={() => void api.session.refresh().catch(() => {})}>
        Stay signed in
      </button>
    </div>
  )
}
