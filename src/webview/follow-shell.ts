import { checkClient } from '../checks/option-rules.ts'
import { registeredParts } from '../client/internals.ts'
import type { Session } from '../client/session-api.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { askShell } from './ask-shell.ts'
import { checkShellOptions, findBridge, type ShellOptions } from './native-bridge.ts'
import { onShellMessage } from './on-shell-message.ts'
import { readSession } from './protocol.ts'
import { noteAnnounced } from './shell-refresh.ts'

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
  /** The event that is being followed. `undefined` also once the app or another tab has signed in or out: its response is out of date. */
  let latest: object | undefined
  /** The shell announced a user, but could not respond: what it has now need not belong to the session that is here. */
  let isMissed = false
  const parts = registeredParts(session)
  const sessionId = () => parts?.session.state.sessionId
  /** The session in which the event came. */
  let cameIn = sessionId()
  const forget = () => {
    latest = undefined
    isMissed = false
  }

  /** The shell is not told of its own sign-out, nor of an earlier one: another user may have signed in there since. */
  function note(): boolean {
    const { [noteAnnounced]: noteFor } = Object(parts?.strategy.revoke) as { readonly [noteAnnounced]?: () => void }
    noteFor?.()
    return noteFor !== undefined
  }
  const signOut = () => (note() ? parts?.session.signOut() : session.signOut())

  async function follow(event: Readonly<Record<string, unknown>>): Promise<void> {
    const { type } = event
    if (parts?.storeSync.isClosed || !/^(signed-(in|out)|refreshed)$/.test(type as string)) return
    const isSignedIn = session.status === 'signed-in'
    // Where the user has signed out, the shell has not heard of it yet, or cannot: only `signed-in` begins a session then.
    const isKnown = isSignedIn || session.getSnapshot().endReason === 'signed-out'
    if (type === 'refreshed' && (latest || (isKnown && !isMissed))) {
      // Not as `session.refresh()` does: to that cause the shell responds by another refresh, and says so to its pages. While the
      // shell is asked who has signed in, it must not be asked for a newer token of the former user.
      if (!latest && isSignedIn) parts?.refresher.start('expiring')
      return
    }
    latest = event
    if (type === 'signed-in') note()
    cameIn = sessionId()
    try {
      const response =
        type !== 'signed-out' && (await askShell({ type: 'refresh', cause: 'manual', audience: null }, options))
      if (event !== latest || parts?.storeSync.isClosed) return
      if (!response || response.status === 'signed-out') await signOut()
      else await session.signIn(readSession(response))
    } catch {
      // The next request that needs a token asks again. Where no user is signed in, the next event.
      isMissed ||= event === latest
    } finally {
      if (event === latest) latest = undefined
    }
  }

  const stops = [
    onShellMessage(event => void follow(event).catch(() => {}), findBridge(options.name)?.[0].channel),
    session.on('signed-in', () => {
      forget()
      note()
    }),
    // Not on 'ended': that is also emitted if a refresh ended the former session, and not if none was known. Nor for an earlier
    // sign-out, when a dialog opens or closes.
    session.subscribe(
      () => session.getSnapshot().endReason === 'signed-out' && !(parts && sessionId() === cameIn) && forget(),
    ),
    forget,
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
