/** A controller; where the engine has none, one that does nothing, with a signal of `undefined`. */
export const createAbort = (): AbortController =>
  globalThis.AbortController ? new AbortController() : ({ abort: () => {} } as AbortController)

interface AbortableWaiter {
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  readonly stop: () => void
}

/** Apart from the promise, whose reactions cannot be taken back: one that waits for a person may be open for hours. */
const waiters = new WeakMap<Promise<unknown>, Set<AbortableWaiter>>()

function waitersOf(promise: Promise<unknown>): Set<AbortableWaiter> {
  const known = waiters.get(promise)
  if (known) return known
  const all = new Set<AbortableWaiter>()
  waiters.set(promise, all)
  const settle = (how: 'resolve' | 'reject') => (value: unknown) => {
    // Who asks from here on gets a reaction of its own.
    waiters.delete(promise)
    for (const waiter of all) {
      waiter.stop()
      waiter[how](value as never)
    }
  }
  promise.then(settle('resolve'), settle('reject'))
  return all
}

/** `promise`, unless the signal aborts first: then it rejects at once with the signal's reason, and leaves nothing behind. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // Nobody else may be waiting for it, and how it ends is no concern of who has left.
      promise.catch(() => {})
      return reject(signal.reason)
    }
    const all = waitersOf(promise)
    const abort = () => {
      waiter.stop()
      all.delete(waiter)
      reject(signal.reason)
    }
    const waiter = { resolve, reject, stop: () => signal.removeEventListener('abort', abort) }
    all.add(waiter)
    signal.addEventListener('abort', abort)
  })
}
