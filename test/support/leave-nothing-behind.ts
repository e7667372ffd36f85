import { afterEach, vi } from 'vitest'

/** Files that share a worker share its globals: what a file has stubbed and the clock it has stopped must not meet the next one. */
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})
