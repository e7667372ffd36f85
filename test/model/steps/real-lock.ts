import type { HeldLock, TabLock } from '../../../src/tabs/tab-lock.ts'

/** Where there are no Web Locks, a tab has its own queue, in which nobody else stands. */
export const ownQueue: TabLock = {
  async request(_name, _signal, whileHeld) {
    await whileHeld({ lost: false, shared: false })
  },
}

/** Web Locks with one name, where the test tells each tab when it has got the lock. */
export interface RealLock {
  open(tab: number): TabLock
  /** Who has the lock; -1: nobody. */
  readonly holder: number
  readonly queue: readonly number[]
  /** Whether the holder was told. */
  readonly isTold: boolean
  tell(): void
  /** Everything of a tab that died goes. */
  forget(tab: number): void
}

interface LockRequest {
  readonly tab: number
  readonly begin: () => void
}

export function createRealLock(): RealLock {
  let queue: LockRequest[] = []
  let holder: LockRequest | undefined
  let isTold = false

  function grant(): void {
    if (holder) return
    holder = queue.shift()
    isTold = false
  }
  function free(request: LockRequest): void {
    queue = queue.filter(other => other !== request)
    if (holder === request) holder = undefined
    grant()
  }

  const open = (tab: number): TabLock => ({
    request: (_name, signal, whileHeld) =>
      new Promise((resolve, reject) => {
        const held: HeldLock = { lost: false, shared: true }
        const request: LockRequest = {
          tab,
          begin() {
            signal?.removeEventListener('abort', leave)
            whileHeld(held)
              .finally(() => free(request))
              .then(resolve, reject)
          },
        }
        // Once granted, the signal counts no more (Web Locks, "signal to abort the request").
        const leave = () => {
          if (holder === request) return
          free(request)
          resolve()
        }
        signal?.addEventListener('abort', leave)
        queue.push(request)
        grant()
      }),
  })

  return {
    open,
    get holder() {
      return holder?.tab ?? -1
    },
    get queue() {
      return queue.map(({ tab }) => tab)
    },
    get isTold() {
      return isTold
    },
    tell() {
      isTold = true
      holder?.begin()
    },
    forget(tab) {
      queue = queue.filter(request => request.tab !== tab)
      if (holder?.tab === tab) holder = undefined
      grant()
    },
  }
}
