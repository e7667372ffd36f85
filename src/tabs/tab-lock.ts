import { unlessAborted } from '../platform/abort.ts'

export interface HeldLock {
  /** The engine took the lock away (WebKit does so to suspended pages): another tab may hold it by now. */
  readonly lost: boolean
  /** Whether all tabs respect it. A turn in this page's own queue is `false`: it says nothing about other tabs. */
  readonly shared: boolean
}

export interface TabLock {
  /**
   * Runs `whileHeld` once nobody else holds the lock of that name, and frees it when that ends. Not re-entrant.
   * `signal` ends the waiting only. Rejects with what `whileHeld` rejects with, and never because of the lock.
   */
  request(name: string, signal: AbortSignal | undefined, whileHeld: (held: HeldLock) => Promise<void>): Promise<void>
}

type Ask = (name: string, signal: AbortSignal | undefined, run: () => Promise<void> | undefined) => Promise<unknown>

const inTabs: Ask = async (name, signal, run) =>
  navigator.locks.request(`latchkey:${name}`, signal ? { signal } : {}, run)

// The clients of one page must queue with each other, and nothing but the name is common to them. Made when first needed.
let queues: Map<string, Promise<unknown>> | undefined

/** This page's own queue: where there are no Web Locks, it at least makes the page one. */
const inPage: Ask = async (name, signal, run) => {
  queues ??= new Map()
  // Who leaves early keeps the place, so that those behind do not pass those ahead.
  const turn = (queues.get(name) ?? Promise.resolve()).then(() => (signal?.aborted ? undefined : run()))
  queues.set(
    name,
    turn.catch(() => {}),
  )
  return unlessAborted(turn, signal)
}

/** An exclusive lock over all tabs of the origin by Web Locks; where they are missing or fail, over this page. Never steals. */
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
            // Either `whileHeld` failed, or the lock went while it runs on: what it does can only be waited for.
            held.lost = held.shared
            return work
          }
          // `signal`, or no locks here: insecure context, opaque origin, a document being put away (Web Locks §3.2.1).
          held.shared = false
        }
      }
    },
  }
}
