export interface Ticker {
  /** In the next frame. Any number of calls make one drawing. */
  soon(): void
  /** At once. */
  now(): void
  stop(): void
}

/** Between two drawings, for those who asked for less motion. */
const calmMs = 500
const smoothMs = 30

/** Draws at most once a frame. `draw` returns in how many milliseconds it wants to be called again, if at all. */
export function createTicker(draw: () => number | null): Ticker {
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let drawnMs = Number.NEGATIVE_INFINITY
  let isSoon = false

  const stop = () => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = undefined
    timer = undefined
    isSoon = false
  }
  const run = () => {
    stop()
    const againMs = draw()
    drawnMs = performance.now()
    if (againMs !== null) timer = setTimeout(request, Math.max(againMs, restMs()))
  }
  const restMs = () => (calm.matches ? calmMs : smoothMs)
  const request = () => {
    timer = undefined
    frame ??= requestAnimationFrame(run)
  }
  return {
    soon() {
      // Fifty thousand events may come in one task: all but the first cost nothing.
      if (isSoon) return
      isSoon = true
      // A drawing may be planned for later: it comes now.
      clearTimeout(timer)
      timer = setTimeout(request, Math.max(0, drawnMs + restMs() - performance.now()))
    },
    now: run,
    stop,
  }
}
