// Taken now: tests replace the timers.
const { setInterval, clearInterval, setImmediate } = globalThis

const tickMs = 20

/**
 * Rejects after so many ticks of a timer: then the promise waits for something that will not come. In ticks, not by the clock: on
 * a busy machine both are late, the tick and what the test waits for, and whatever was ready has run before the next tick.
 * Returns the ticks that it took.
 */
export async function awaitTicks(promise: unknown, most: number): Promise<number> {
  let ticks = 0
  let timer: NodeJS.Timeout | undefined
  const watch = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      ticks += 1
      if (ticks > most) reject(new Error('It waits for ever.'))
    }, tickMs)
  })
  try {
    await Promise.race([promise, watch])
    return ticks
  } finally {
    clearInterval(timer)
    // Unhandled rejections are reported before the next turn: also those of a test that failed, or they fail the next.
    await new Promise(resolve => setImmediate(resolve))
  }
}
