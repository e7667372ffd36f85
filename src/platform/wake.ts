import { isHidden } from './page.ts'

/** The page's lifecycle, behind an interface that tests replace. */
export interface Wake {
  /** Calls back when the page is visible, online or resumed again: its memory may be old. Returns a function that stops it. */
  onWake(woken: () => void): () => void
  /** Calls back when the page is about to be frozen or unloaded (Page Lifecycle). Returns a function that stops it. */
  onSleep(asleep: () => void): () => void
}

type Listener = (event: Event) => void

/** Listens to the page, if there is one. Returns a function that stops it. */
export function listen(
  listener: Listener,
  globalEvents: readonly string[],
  documentEvents: readonly string[] = [],
): () => void {
  const targets: [Partial<EventTarget> | undefined, readonly string[]][] = [
    // Not `window`: workers go offline, too.
    [globalThis, globalEvents],
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
    listen(
      // Also in a hidden page: requests may be waiting for it to be resumed, or to be online again.
      ({ type }) => (isHidden() && type !== 'resume' && type !== 'online') || woken(),
      ['online', 'pageshow'],
      ['visibilitychange', 'resume', 'prerenderingchange'],
    ),
  onSleep: asleep => listen(asleep, ['pagehide'], ['freeze']),
}

/** Resolves at the first waking at which `ready()` is true, or when `over` settles. */
export function waking(wake: Wake, ready: () => boolean, over: Promise<unknown>): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      stop()
      resolve()
    }
    const stop = wake.onWake(() => ready() && end())
    over.then(end)
  })
}
