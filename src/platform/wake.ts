import { isHidden } from './page.ts'

/** Comings and goings of the page, as a port. */
export interface Wake {
  /** The page is visible, online or thawed again: what it remembers may be old. Answers how to stop. */
  onWake(woken: () => void): () => void
  /** The page is about to be frozen or put away (Page Lifecycle). Answers how to stop. */
  onSleep(asleep: () => void): () => void
}

function listen(listener: () => void, windowEvents: readonly string[], documentEvents: readonly string[]): () => void {
  const targets: [EventTarget | undefined, readonly string[]][] = [
    [globalThis.window, windowEvents],
    [globalThis.document, documentEvents],
  ]
  const each = (verb: 'addEventListener' | 'removeEventListener') => {
    for (const [target, types] of targets) for (const type of types) target?.[verb]?.(type, listener)
  }
  each('addEventListener')
  return () => each('removeEventListener')
}

export const pageWake: Wake = {
  onWake: woken =>
    listen(() => isHidden() || woken(), ['online', 'pageshow'], ['visibilitychange', 'resume', 'prerenderingchange']),
  onSleep: asleep => listen(asleep, ['pagehide'], ['freeze']),
}
