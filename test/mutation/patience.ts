import { performance } from 'node:perf_hooks'

// Taken now: tests replace the timers.
const { setInterval, clearInterval, setImmediate } = globalThis

/**
 * Rejects once the event loop has been idle for longer than `idleMs`: then the promise waits for something that will not come. By
 * idle time, not by the clock, since a busy machine delays a test without making it wait.
 */
export async function awaitUnlessIdle(promise: unknown, idleMs: number): Promise<number> {
  const start = performance.eventLoopUtilization()
  const idle = () => performance.eventLoopUtilization(start).idle
  let timer: NodeJS.Timeout | undefined
  const watch = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (idle() > idleMs) reject(new Error('It waits for ever.'))
    }, 20)
  })
  try {
    await Promise.race([promise, watch])
    // Unhandled rejections are reported before the next turn.
    await new Promise(resolve => setImmediate(resolve))
    return idle()
  } finally {
    clearInterval(timer)
  }
}
