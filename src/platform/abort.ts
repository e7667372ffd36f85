/** `promise`, unless the signal aborts first: then it rejects at once with the signal's reason. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    const stop = () => signal.removeEventListener('abort', abort)
    // Many may wait: a `finally` would cost each two more promises.
    promise.then(
      value => {
        stop()
        resolve(value)
      },
      error => {
        stop()
        reject(error)
      },
    )
  })
}
