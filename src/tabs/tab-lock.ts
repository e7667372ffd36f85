import { unlessAborted } from '../platform/abort.ts'

export interface HeldLock {
  /** The engine took the lock away (WebKit does so in suspended pages). Another tab may hold it by now. */
  readonly lost: boolean
  /** Whether the lock is exclusive over all tabs. `false`: only over this page. */
  readonly shared: boolean
}

export interface TabLock {
  /**
   * Waits for the lock of that name, runs `whileHeld`, and releases the lock when that settles. Not re-entrant. `signal` aborts
   * only the waiting. Rejects only with what `whileHeld` rejects with, never because of the lock.
   */
  request(name: string, signal: AbortSignal | undefined, whileHeld: (held: HeldLock) => Promise<void>): Promise<void>
}

type Ask = (name: string, signal: AbortSignal | undefined, run: () => Promise<void> | undefined) => Promise<unknown>

const inTabs: Ask = async (name, signal, run) =>
  navigator.locks.request(`latchkey:${name}`, signal ? { signal } : {}, run)

// By name, since the clients of one page have nothing else in common, and must queue with each other. Made when first needed.
let queues: Map<string, Promise<unknown>> | undefined

/** The queue of this page. Without Web Locks, at least the clients of one page do not refresh at once. */
const inPage: Ask = async (name, signal, run) => {
  queues ??= new Map()
  // An aborted request keeps its place, so that later ones do not overtake earlier ones.
  const turn = (queues.get(name) ?? Promise.resolve()).then(() => (signal?.aborted ? undefined : run()))
  queues.set(
    name,
    turn.catch(() => {}),
  )
  return unlessAborted(turn, signal)
}

/**
 * An exclusive lock over all tabs of the origin, by Web Locks. If they are missing or fail, over this page only. Never steals.
 */
export function createTabLock(): TabLock {
  return {
    async request(name, signal, whileHeld) {
      const held = { lost: false, shared: true }
      let work = undefined as Promise<void> | undefined
      const run = () => {
        work = (async () => whileHeld(held))()
        return work
      }
      for (const ask of [inTabs, inPage]) {
        try {
          await ask(name, signal, run)
          return
        } catch {
          if (work) {
            // Either `whileHeld` failed, or the lock was lost while it runs. It cannot be stopped, only awaited.
            held.lost = held.shared
            return work
          }
          // Aborted, or no locks here: insecure context, opaque origin, a document being unloaded (Web Locks §3.2.1).
          held.shared = false
        }
      }
    },
  }
}
