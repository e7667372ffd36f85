import type { Clock } from '../time/clock.ts'

/**
 * Runs a call of the store with a timeout, so that no request waits without end (promise 9). After the timeout it rejects with
 * an error for which {@link isSlow} is true; `late` is called with the result that comes after that.
 */
export type CallStore = <Answer>(
  run: () => Answer | PromiseLike<Answer>,
  late?: (answer: Answer) => void,
) => Promise<Answer>

const nameOf = (cause: unknown) => String((cause as Partial<Error> | null)?.name)

/** Whether the call timed out. Its effect may still come. */
export const isSlow = (cause: unknown): boolean => nameOf(cause) === 'TimeoutError'

/** Whether there is no such storage (a server), or not for this page (an opaque origin, a webview). Do not try again. */
export const isMissing = (cause: unknown): boolean =>
  /^(Security|Reference|Type|NotSupported)Error$/.test(nameOf(cause))

export function createCallStore(clock: Clock, timeoutMs: number): CallStore {
  return <Answer>(run: () => Answer | PromiseLike<Answer>, late?: (answer: Answer) => void) =>
    new Promise<Answer>((resolve, reject) => {
      let hasPassed = false
      const cancel = clock.setTimer(() => {
        hasPassed = true
        reject(new DOMException(`The store took over ${timeoutMs} ms.`, 'TimeoutError'))
      }, timeoutMs)
      // Call in this task, so that writes reach the store in the order of the calls.
      new Promise<Answer>(started => started(run()))
        .then(answer => (hasPassed ? late?.(answer) : resolve(answer)), reject)
        .finally(cancel)
    })
}
