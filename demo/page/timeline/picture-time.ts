/** How long the picture goes on after the last event, so that what it shows can be seen whole. */
const quietMs = 2500

/** The time of the picture in ms: it passes while something happens, and stands still otherwise. */
export interface PictureTime {
  now(): number
  /** Something happens: time passes again. */
  wake(): void
}

/** `isBusy`: whether something is under way, whose end is still to come. */
export function createPictureTime(isBusy: () => boolean): PictureTime {
  let shown = 0
  let last = performance.now()
  let activeUntil = last + quietMs

  const now = () => {
    const real = performance.now()
    if (isBusy()) activeUntil = real + quietMs
    shown += Math.max(0, Math.min(real, activeUntil) - last)
    last = real
    return shown
  }
  return {
    now,
    wake() {
      now()
      activeUntil = performance.now() + quietMs
    },
  }
}
