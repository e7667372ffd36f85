import { useEffect, useSyncExternalStore } from 'react'
import type { Session } from '../client/session-api.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { SessionSnapshot } from '../session/snapshot.ts'

/** A client of `latchkey` or of `latchkey/fetch`, or anything else with its session. */
export interface HasSession<Claims extends object = JwtClaims> {
  readonly session: Session<Claims>
}

type Select<Claims extends object, Selected> = (snapshot: SessionSnapshot<Claims>) => Selected

/**
 * The session as React state. Renders again when the session changes, and not for requests.
 * Calls `session.ready()` after mounting, so that the store is read and other tabs are followed.
 *
 * On a server and in the render that hydrates it returns what `createClient({ initial })` was given, else `'unknown'`,
 * whatever the page knows by then.
 *
 * @example
 * const { status, claims } = useSession(api)
 */
export function useSession<Claims extends object = JwtClaims>(client: HasSession<Claims>): SessionSnapshot<Claims>
/**
 * A part of the session. Renders again only when the selected value changed (`Object.is`). The selector may be written
 * inline. One that makes an object is called once for each snapshot and render, and renders again with each snapshot.
 *
 * @example
 * const isAdmin = useSession(api, ({ claims }) => claims?.roles.includes('admin') ?? false)
 */
export function useSession<Claims extends object, Selected>(
  client: HasSession<Claims>,
  select: Select<Claims, Selected>,
): Selected
export function useSession<Claims extends object>(client: HasSession<Claims>, select: Select<Claims, unknown> = whole) {
  const session = sessionOf(client)
  useEffect(() => {
    session.ready()
  }, [session])
  return useSyncExternalStore(
    session.subscribe,
    oncePerSnapshot(session.getSnapshot, select),
    oncePerSnapshot(session.getServerSnapshot, select),
  )
}

/** Sessions for which a component has suspended once. It never suspends again: that would hide the page while the server is out of reach. */
const awaited = /* @__PURE__ */ new WeakSet<object>()

/**
 * As `useSession`, but suspends while it is not known whether the user is signed in. `status` is still `'unknown'` if that
 * could not be found out (the server is out of reach, say).
 *
 * On a server, without `createClient({ initial })`, React renders the fallback of the `<Suspense>` boundary. The browser then
 * renders the boundary's content, and reports the error to `onRecoverableError`.
 *
 * @throws Error on a server that was given no `initial`
 */
export function useSuspenseSession<Claims extends object = JwtClaims>(
  client: HasSession<Claims>,
): SessionSnapshot<Claims> {
  const session = sessionOf(client)
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot, () => {
    const known = session.getServerSnapshot()
    if (known.status === 'unknown')
      throw new Error('The session is not known on a server: pass `initial` to createClient.')
    return known
  })
  useEffect(() => {
    session.ready()
  }, [session])
  // Thrown, since `use` is new in React 19. `ready()` returns the same promise until the session is known.
  if (snapshot.status === 'unknown' && !awaited.has(session)) throw session.ready().then(() => awaited.add(session))
  return snapshot
}

/** Not the library's own error: this entry imports nothing of it. */
function sessionOf<Claims extends object>(client: HasSession<Claims>): Session<Claims> {
  const session: Session<Claims> | undefined = client?.session
  if (!session) throw new TypeError('`client`: write what `createClient` returned')
  return session
}

const whole = <Value>(snapshot: Value): Value => snapshot

/** React calls a selector several times for each render. If it made another object each time, React would render for ever. */
function oncePerSnapshot<Snapshot, Selected>(getSnapshot: () => Snapshot, select: (snapshot: Snapshot) => Selected) {
  let last: Snapshot
  let selected: Selected
  return () => {
    const snapshot = getSnapshot()
    if (snapshot !== last) selected = select(snapshot)
    last = snapshot
    return selected
  }
}
