import { checkClient } from '../checks/option-rules.ts'
import { registeredParts } from '../client/internals.ts'
import type { Session } from '../client/session-api.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { askShell } from './ask-shell.ts'
import { checkShellOptions, findBridge, type ShellOptions } from './native-bridge.ts'
import { onShellMessage } from './on-shell-message.ts'
import { readSession } from './protocol.ts'
import { tellsShell } from './shell-refresh.ts'

/**
 * Follows the events that the shell posts (`ShellEvent`): signs out with it, takes over the session of the user who signed in
 * there, and gets a newer token. These events carry no token: the page requests it. Returns a function that stops it.
 *
 * @example
 * const stop = followShell(api)
 * @example
 * // What the shell evaluates in the page
 * const data = JSON.stringify({ latchkey: 1, type: 'signed-out' })
 * dispatchEvent(new MessageEvent('message', { data }))
 */
export function followShell<Claims extends object = JwtClaims>(
  client: { readonly session: Session<Claims> },
  options: ShellOptions = {},
): () => void {
  checkClient(client)
  checkShellOptions(options)
  const { session } = client
  /** The event to follow. `undefined` once the app or another tab has signed in or out: its response is then out of date. */
  let latest: object | undefined
  const parts = registeredParts(session)
  const forget = () => {
    latest = undefined
  }

  /** The shell is not told of its own sign-out: another user may have signed in there since. */
  const signOut = () => (tellsShell in Object(parts?.strategy.revoke) ? parts?.session.signOut() : session.signOut())

  async function follow(event: Readonly<Record<string, unknown>>): Promise<void> {
    const { type } = event
    if (parts?.storeSync.isClosed || !/^(signed-(in|out)|refreshed)$/.test(type as string)) return
    latest = event
    if (type === 'refreshed' && session.status === 'signed-in') {
      // Not as `session.refresh()` does: to that cause the shell responds by another refresh, and says so to its other pages.
      parts?.refresher.start('expiring')
      return
    }
    const response =
      type !== 'signed-out' && (await askShell({ type: 'refresh', cause: 'manual', audience: null }, options))
    if (event !== latest || parts?.storeSync.isClosed) return
    if (!response || response.status === 'signed-out') await signOut()
    else await session.signIn(readSession(response))
  }

  // If the shell cannot respond now, the next request that needs a token asks again.
  const stops = [
    onShellMessage(event => void follow(event).catch(() => {}), findBridge(options.name)?.[0].channel),
    session.on('signed-in', forget),
    // Not on 'ended': that is also emitted if a refresh ended the former session, and not if none was known.
    session.subscribe(() => session.getSnapshot().endReason === 'signed-out' && forget()),
    forget,
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
