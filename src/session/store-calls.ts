import type { Clock } from '../time/clock.ts'
import { createTimeLimit } from '../time/wait.ts'

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
  const inTime = createTimeLimit(clock, timeoutMs)
  return <Answer>(run: () => Answer | PromiseLike<Answer>, late?: (answer: Answer) => void) => {
    // Call in this task, so that writes reach the store in the order of the calls.
    const answer = new Promise<Answer>(started => started(run()))
    return inTime(answer, (_, reject) => {
      reject(new DOMException(`The store took over ${timeoutMs} ms.`, 'TimeoutError'))
      answer.then(late, () => {})
    })
  }
}
