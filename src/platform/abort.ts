/** A controller; where the engine has none, one that does nothing, with a signal of `undefined`. */
export const createAbort = (): AbortController =>
  globalThis.AbortController ? new AbortController() : ({ abort: () => {} } as AbortController)

/** Ends one waiting, and leaves nothing behind. */
type End = (kept: boolean, value: unknown) => void

/** Apart from the promise, whose reactions cannot be taken back: one that waits for a person may be open for hours. */
const waiters = new WeakMap<Promise<unknown>, Set<End>>()

function waitersOf(promise: Promise<unknown>): Set<End> {
  const known = waiters.get(promise)
  if (known) return known
  const all = new Set<End>()
  waiters.set(promise, all)
  const settle = (kept: boolean) => (value: unknown) => {
    // Who asks from here on gets a reaction of its own.
    waiters.delete(promise)
    for (const end of all) end(kept, value)
  }
  promise.then(settle(true), settle(false))
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
