import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  getCurrentScope,
  hasInjectionContext,
  inject,
  onMounted,
  onScopeDispose,
  shallowRef,
  ssrContextKey,
} from 'vue'
import type { Session } from '../client/session-api.ts'
import { pageBaseUrl } from '../platform/page.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { SessionSnapshot } from '../session/snapshot.ts'

/** A client of `latchkey` or of `latchkey/fetch`, or anything else with its session. */
export interface HasSession<Claims extends object = JwtClaims> {
  readonly session: Session<Claims>
}

/** One ref for each member of the snapshot, so that the object can be destructured. */
export type SessionRefs<Claims extends object = JwtClaims> = {
  readonly [Name in keyof SessionSnapshot<Claims>]: ComputedRef<SessionSnapshot<Claims>[Name]>
}

/**
 * The session as computed refs, one for each member of the snapshot. Works in `setup`, in Pinia's setup stores and in any
 * effect scope, and stops with it. Calls `session.ready()`, so that the store is read and other tabs are followed; never on a
 * server.
 *
 * On a server, and until a component that hydrates is mounted, the refs hold what `createClient({ initial })` was given, else
 * `'unknown'`.
 *
 * @example
 * const { status, claims } = useSession(api)
 */
export function useSession<Claims extends object = JwtClaims>(client: HasSession<Claims>): SessionRefs<Claims> {
  const session: Session<Claims> | undefined = client?.session
  // Not the library's own error: this entry imports nothing of it but what knows the page.
  if (!session) throw new TypeError('`client`: write what `createClient` returned')
  const shown = session.getServerSnapshot()
  const snapshot = shallowRef(shown)
  const follow = () => {
    snapshot.value = session.getSnapshot()
  }
  const start = () => {
    follow()
    stop = session.subscribe(follow)
    session.ready()
  }
  let stop = () => {}
  // In a component that hydrates there is an element already. What is rendered then must be what the server rendered.
  if (getCurrentInstance()?.vnode.el) onMounted(start)
  else if (!isServer()) start()
  if (getCurrentScope()) onScopeDispose(() => stop())
  const refOf = <Name extends keyof SessionSnapshot<Claims>>(name: Name) => [name, computed(() => snapshot.value[name])]
  return Object.fromEntries(Object.keys(shown).map(name => refOf(name as keyof typeof shown)))
}

/** Whether it is rendered to a string. Outside of components and stores only the missing page tells. */
const isServer = () => (hasInjectionContext() && inject(ssrContextKey, null)) || pageBaseUrl() === undefined
