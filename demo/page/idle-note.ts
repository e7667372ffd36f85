import type { Session } from 'latchkey'
import { isBroken } from './controls.ts'
import { note } from './journal.ts'

/** Says once why nothing happens when the token of a page that asks for nothing runs out. */
export function noteWhenIdle(session: Session): void {
  const underWay = new Set<number>()
  const stop = session.on('request', ({ id, step }) => {
    if (step === 'completed' || step === 'failed') underWay.delete(id)
    else underWay.add(id)
  })
  const timer = setInterval(() => {
    const { accessTokenExpiresAtMs, status } = session.getSnapshot()
    const isExpired = accessTokenExpiresAtMs !== null && accessTokenExpiresAtMs < Date.now() - 1000
    if (status !== 'signed-in' || !isExpired || isBroken || underWay.size > 0) return
    note('plain', 'Nothing was asked, so the token ran out. That is no harm: the next request waits for a new one.')
    clearInterval(timer)
    stop()
  }, 500)
}
