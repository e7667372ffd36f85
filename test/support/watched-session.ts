import type { Session } from '../../src/client/session-api.ts'
import type { JwtClaims } from '../../src/session/credentials.ts'

export interface WatchedSession<Claims extends object> {
  readonly session: Session<Claims>
  /** Listeners that have not been undone. */
  listeners(): number
  /** How often `ready()` was called. */
  readies(): number
}

/** The same session, which counts who listens to it. */
export function watchSession<Claims extends object = JwtClaims>({
  session,
}: {
  readonly session: Session<Claims>
}): WatchedSession<Claims> {
  let listeners = 0
  let readies = 0
  const watched: Partial<Session<Claims>> = {
    subscribe: listener => {
      const stop = session.subscribe(listener)
      listeners += 1
      return () => {
        listeners -= 1
        stop()
      }
    },
    ready: () => {
      readies += 1
      return session.ready()
    },
  }
  return {
    session: Object.create(session, Object.getOwnPropertyDescriptors(watched)) as Session<Claims>,
    listeners: () => listeners,
    readies: () => readies,
  }
}
