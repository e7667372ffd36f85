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
  request(
    name: string,
    signal: AbortSignal | undefined,
    whileHeld: (held: HeldLock) => Promise<void>,
  ): Promise<'done' | 'aborted'>
}

// The clients of one page must queue with each other, and nothing but the name is common to them. Made when first needed.
let queues: Map<string, Promise<unknown>> | undefined

/** This page's own queue: where there are no Web Locks, it at least makes the page one. */
const inPage: TabLock['request'] = async (name, signal, whileHeld) => {
  queues ??= new Map()
  const queue = queues
  const before = queue.get(name)
  let leave = () => {}
  const turn = new Promise<void>(resolve => {
    leave = resolve
  })
  // With `before`: who leaves early must not let those behind pass those ahead.
  const tail = Promise.all([before, turn])
  queue.set(name, tail)
  tail.then(() => {
    if (queue.get(name) === tail) queue.delete(name)
  })
  let giveUp = () => {}
  const givenUp = new Promise<void>(resolve => {
    giveUp = resolve
  })
  signal?.addEventListener('abort', giveUp)
  try {
    if (!signal?.aborted) await Promise.race([before, givenUp])
    if (signal?.aborted) return 'aborted'
    await whileHeld({ lost: false, shared: false })
    return 'done'
  } finally {
    signal?.removeEventListener('abort', giveUp)
    leave()
  }
}

/** An exclusive lock over all tabs of the origin by Web Locks; where they are missing or fail, over this page. Never steals. */
export function createTabLock(): TabLock {
  return {
    async request(name, signal, whileHeld) {
      const held = { lost: false, shared: true }
      let work = undefined as Promise<void> | undefined
      try {
        await navigator.locks.request(`latchkey:${name}`, signal ? { signal } : {}, () => {
          work = (async () => whileHeld(held))()
          return work
        })
      } catch {
        // `signal`, or no locks here: insecure context, opaque origin, a document being put away (Web Locks §3.2.1).
        if (!work) return inPage(name, signal, whileHeld)
        // Either `whileHeld` failed, or the lock went while it runs on: what it does can only be waited for.
        held.lost = true
        await work
      }
      return 'done'
    },
  }
}
