/** A controller. In engines without AbortController it does nothing, and its signal is `undefined`. */
export const createAbort = (): AbortController =>
  globalThis.AbortController ? new AbortController() : ({ abort: () => {} } as AbortController)

/** Ends one waiting, and leaves nothing behind. */
type End = (kept: boolean, value: unknown) => void

/** Kept outside the promise, whose reactions cannot be removed: a login dialog may be open for hours. */
const waiters = new WeakMap<Promise<unknown>, Set<End>>()

function waitersOf(promise: Promise<unknown>): Set<End> {
  const known = waiters.get(promise)
  if (known) return known
  const all = new Set<End>()
  waiters.set(promise, all)
  const settle = (kept: boolean) => (value: unknown) => {
    // Later callers add a new reaction.
    waiters.delete(promise)
    for (const end of all) end(kept, value)
  }
  promise.then(settle(true), settle(false))
  return all
}

/** Returns `promise`, or rejects with the signal's reason as soon as that aborts. Leaves no listeners behind. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // There may be no other listener: a rejection must not be reported as unhandled.
      promise.catch(() => {})
      return reject(signal.reason)
    }
    const all = waitersOf(promise)
    const abort = () => end(false, signal.reason)
    const end: End = (kept, value) => {
      signal.removeEventListener('abort', abort)
      all.delete(end)
      if (kept) resolve(value as Value)
      else reject(value)
    }
    all.add(end)
    signal.addEventListener('abort', abort)
  })
}
