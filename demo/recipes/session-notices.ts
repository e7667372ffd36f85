// Tells the user what another tab did: "signed out in another tab", "another user signed in", "the session has expired".
import type { Client, SessionEvents } from 'latchkey'

/** What to show; `null`: nothing, since the user did it in this tab. */
export function noticeOf({ tab, reason }: Pick<SessionEvents['ended'], 'tab' | 'reason'>): string | null {
  if (reason === 'expired' || reason === 'refresh-rejected') return 'Your session has expired. Please sign in again.'
  if (tab === 'this') return null
  if (reason === 'signed-out') return 'You were signed out in another tab.'
  return reason === 'replaced' ? 'Another user signed in in another tab. This page shows their data now.' : null
}

/**
 * @example const stop = showNotices(api, notice => toast(notice))
 * @returns its undo
 */
export const showNotices = ({ session }: Pick<Client, 'session'>, show: (notice: string) => void): (() => void) =>
  session.on('ended', event => {
    const notice = noticeOf(event)
    if (notice !== null) show(notice)
  })
