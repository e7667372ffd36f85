import type { TabLock } from '../../../src/tabs/tab-lock.ts'
import type { PageLife } from './computer.ts'

/** Web Locks over all pages: in order, freed by death, and in some engines by freezing. */
export interface SharedLock {
  openFor(page: PageLife): TabLock
}

export interface LockSettings {
  readonly hasLocks: boolean
  /** Whether the engine takes the lock from a page that it freezes (WebKit). */
  readonly dropsLocks: boolean
}

interface LockRequest {
  readonly page: PageLife
  readonly held: { lost: boolean; readonly shared: boolean }
  readonly begin: () => void
}

export function createSharedLock({ hasLocks, dropsLocks }: LockSettings): SharedLock {
  let queue: LockRequest[] = []
  let holder: LockRequest | undefined

  function grant(): void {
    if (holder) return
    holder = queue.shift()
    const granted = holder
    granted?.page.task(1, () => granted.begin())
  }
  function free(request: LockRequest): void {
    queue = queue.filter(other => other !== request)
    if (holder === request) holder = undefined
    grant()
  }

  function openFor(page: PageLife): TabLock {
    page.onEnd(() => {
      queue = queue.filter(request => request.page !== page)
      if (holder?.page === page) free(holder)
    })
    page.onFreeze(() => {
      if (!dropsLocks || holder?.page !== page) return
      holder.held.lost = true
      free(holder)
    })
    return {
      request: (_name, signal, whileHeld) =>
        new Promise((resolve, reject) => {
          const held = { lost: false, shared: hasLocks }
          const request: LockRequest = {
            page,
            held,
            begin() {
              signal?.removeEventListener('abort', leave)
              whileHeld(held)
                .finally(() => free(request))
                .then(resolve, reject)
            },
          }
          const leave = () => {
            if (holder === request) return
            free(request)
            resolve()
          }
          signal?.addEventListener('abort', leave)
          // Without Web Locks a page has a queue of its own, with nobody else in it.
          if (!hasLocks) request.begin()
          else {
            queue.push(request)
            grant()
          }
        }),
    }
  }
  return { openFor }
}
