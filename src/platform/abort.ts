/** A controller. In engines without AbortController it does nothing, and its signal is `undefined`. */
export const createAbort = (): AbortController =>
  globalThis.AbortController ? new AbortController() : ({ abort: () => {} } as AbortController)

/** What an aborted signal rejects with. Chrome before 98 and Safari before 15.4 have no `reason`. */
export const abortReason = ({ reason }: AbortSignal): unknown =>
  reason === undefined ? new DOMException('aborted', 'AbortError') : reason

/** Settles one waiter, and removes its listener. */
type Settle = (isResolved: boolean, value: unknown) => void

/**
 * The waiters of each promise. Reactions of a promise (`then`) cannot be removed, so that each aborted waiter would stay in memory
 * until the promise settles: a login dialog may be open for hours. So a promise has one reaction, for all its waiters.
 */
const waiters = new WeakMap<Promise<unknown>, Set<Settle>>()

function waitersOf(promise: Promise<unknown>): Set<Settle> {
  const known = waiters.get(promise)
  if (known) return known
  const all = new Set<Settle>()
  waiters.set(promise, all)
  const settleAll = (isResolved: boolean) => (value: unknown) => {
    // Those who come later add a reaction of their own.
    waiters.delete(promise)
    for (const settle of all) settle(isResolved, value)
  }
  promise.then(settleAll(true), settleAll(false))
  return all
}

/** Returns `promise`, or rejects with the signal's reason as soon as that aborts. Leaves no listeners behind. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // There may be no other listener: a rejection must not be reported as unhandled.
      promise.catch(() => {})
      return reject(abortReason(signal))
    }
    const all = waitersOf(promise)
    const abort = () => settle(false, abortReason(signal))
    const settle: Settle = (isResolved, value) => {
      signal.removeEventListener('abort', abort)
      all.delete(settle)
      if (isResolved) resolve(value as Value)
      else reject(value)
    }
    all.add(settle)
    signal.addEventListener('abort', abort)
  })
}
