import type { Clock } from '../platform/clock.ts'

/**
 * Runs a call of the store, which must not keep a request waiting for ever (promise 9). Rejects with what {@link isSlow} knows
 * once the deadline has passed; what the store answers after that is told to `late`.
 */
export type CallStore = <Answer>(
  run: () => Answer | PromiseLike<Answer>,
  late?: (answer: Answer) => void,
) => Promise<Answer>

const nameOf = (cause: unknown) => String((cause as Partial<Error> | null)?.name)

/** Whether the deadline had passed: then the effect of the call may still come. */
export const isSlow = (cause: unknown): boolean => nameOf(cause) === 'TimeoutError'

/** Where there is no such storage (a server), or not for this page (an opaque origin, a webview), asking again will not help. */
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
      // Called in this task, so that writes reach the store in the order in which they were asked for.
      new Promise<Answer>(started => started(run()))
        .then(answer => (hasPassed ? late?.(answer) : resolve(answer)), reject)
        .finally(cancel)
    })
}
