import type { HeldLock, TabLock } from '../../src/tabs/tab-lock.ts'

export interface TestLock extends TabLock {
  /** Another tab takes the lock, or its place in the queue; answers how it frees it. */
  takenByAnother(): () => void
  /** The engine takes it from whoever holds it, as WebKit does with suspended pages; who waits is next. */
  lose(): void
  /** Names asked for so far. */
  readonly asked: readonly string[]
  readonly isHeld: boolean
  readonly waiting: number
}

interface Place {
  grant(): void
  readonly held: { lost: boolean; readonly shared: boolean }
}

/** An exclusive lock over the tabs of a test, first come, first served. */
export const createTestLock = (shared = true): TestLock => {
  const queue: Place[] = []
  const asked: string[] = []
  let holder: Place | undefined

  const next = () => {
    holder = queue.shift()
    holder?.grant()
  }
  const enter = (place: Place) => {
    queue.push(place)
    if (!holder) next()
  }
  const leave = (place: Place) => {
    if (holder === place) next()
    else if (queue.includes(place)) queue.splice(queue.indexOf(place), 1)
  }

  return {
    request(name, signal, whileHeld) {
      asked.push(name)
      return new Promise((resolve, reject) => {
        const held: HeldLock & { lost: boolean } = { lost: false, shared }
        const abort = () => {
          if (holder === place) return
          leave(place)
          resolve()
        }
        const place: Place = {
          held,
          // In a task of its own, as engines do it: what happens in between may come first.
          grant: () =>
            queueMicrotask(() => {
              signal?.removeEventListener('abort', abort)
              whileHeld(held)
                .then(resolve, reject)
                .finally(() => leave(place))
            }),
        }
        if (signal?.aborted) return resolve()
        signal?.addEventListener('abort', abort)
        enter(place)
      })
    },
    takenByAnother() {
      const place: Place = { held: { lost: false, shared }, grant: () => {} }
      enter(place)
      return () => leave(place)
    },
    lose() {
      if (!holder) return
      holder.held.lost = true
      next()
    },
    asked,
    get isHeld() {
      return holder !== undefined
    },
    get waiting() {
      return queue.length
    },
  }
}
