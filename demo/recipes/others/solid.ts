// Solid: a signal. In a component: `session().status`.
import type { Client } from 'latchkey'
import { type Accessor, createSignal, onCleanup } from 'solid-js'

/** @example const session = createSession(api) */
export function createSession({ session }: Pick<Client, 'session'>): Accessor<ReturnType<typeof session.getSnapshot>> {
  const [snapshot, setSnapshot] = createSignal(session.getSnapshot())
  onCleanup(session.subscribe(() => setSnapshot(session.getSnapshot())))
  session.ready()
  return snapshot
}
