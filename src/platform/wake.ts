import { isHidden } from './page.ts'

/** Comings and goings of the page, as a port. */
export interface Wake {
  /** The page is visible, online or thawed again: what it remembers may be old. Answers how to stop. */
  onWake(woken: () => void): () => void
  /** The page is about to be frozen or put away (Page Lifecycle). Answers how to stop. */
  onSleep(asleep: () => void): () => void
}

type Listener = (event: Event) => void

/** Listens to the page, if there is one. Answers how to stop. */
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
      // A hidden page that is thawed, or has a network again, may have requests that wait for just that.
      ({ type }) => (isHidden() && type !== 'resume' && type !== 'online') || woken(),
      ['online', 'pageshow'],
      ['visibilitychange', 'resume', 'prerenderingchange'],
    ),
  onSleep: asleep => listen(asleep, ['pagehide'], ['freeze']),
}

/** Resolves at the first waking from which `ready` holds, or once `over` says that nobody waits any more. */
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
