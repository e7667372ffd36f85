import { afterEach, beforeEach, vi } from 'vitest'

/** Notes the rejections that nobody handles, in the tests of a `describe`. */
export function watchUnhandledRejections() {
  const unhandled = vi.fn()
  beforeEach(() => void process.on('unhandledRejection', unhandled))
  afterEach(() => {
    process.off('unhandledRejection', unhandled)
    unhandled.mockReset()
  })
  return unhandled
}

/** Node reports unhandled rejections after the microtasks of the task in which they came up. */
export const taskDone = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
