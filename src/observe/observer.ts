import { checkClient } from '../checks/option-rules.ts'
import type { Session } from '../client/session-api.ts'
import type { SessionEvents } from '../session/events.ts'

// biome-ignore lint/suspicious/noExplicitAny: the claims' type is the app's, and nothing here reads them
type AnyClient = { readonly session: Session<any> }

/** Listens to a client's public events. Never sees a token, a query or a body. */
export interface Observer {
  /** Begins to listen. Returns a function that stops it. */
  observe(client: AnyClient): () => void
}

type Listeners = { readonly [Type in keyof SessionEvents]?: (event: SessionEvents[Type]) => void }

/** Subscribes to several events at once. Returns the undo of all. */
export function listen(client: AnyClient, listeners: Listeners): () => void {
  checkClient(client)
  const { session } = client
  const stops = Object.entries(listeners).map(([type, listener]) =>
    session.on(type as keyof SessionEvents, listener as (event: SessionEvents[keyof SessionEvents]) => void),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

/**
 * Calls back when no user is signed in any more, after the event `ended`. A refresh at the page's start that finds no user has no
 * other end.
 */
export function onSignedOut({ session }: AnyClient, over: () => void): () => void {
  return session.subscribe(() => session.getSnapshot().status === 'signed-out' && queueMicrotask(over))
}

/** Our errors have a code, the browser's own a name. Never the message: it may quote anything. */
export function errorType(error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown }
  return String(typeof code === 'string' ? code : name)
}
