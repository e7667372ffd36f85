/** From milliseconds to thousandths of the width. */
export interface Scale {
  readonly fromMs: number
  readonly spanMs: number
  /** What is still under way is drawn to here. */
  readonly nowMs: number
  x(atMs: number): number
}

const shortestMs = 50
/** The span grows in steps, so that bars which are over need not be drawn again in each frame. */
const growth = 1.12

export function createScale(fromMs: number, toMs: number, nowMs: number): Scale {
  const steps = Math.ceil(Math.log(Math.max(1, (toMs - fromMs) / shortestMs)) / Math.log(growth))
  const spanMs = shortestMs * growth ** steps
  return {
    fromMs,
    spanMs,
    nowMs,
    x: atMs => Math.max(0, Math.min(1000, Math.round(((atMs - fromMs) / spanMs) * 10_000) / 10)),
  }
}

/** Where the axis has its lines: three to six round times. */
export function ticksOf({ spanMs }: Scale): readonly number[] {
  const rough = spanMs / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor((spanMs * 0.96) / step) }, (_, index) => (index + 1) * step)
}

export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`
}
