import { readProtocol } from './protocol.ts'

/** Where a shell's messages arrive. A foreign object need not have either method. */
type Target = Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>> | undefined

/**
 * Calls back with every object of the protocol that the shell posts: to its injected object (Android), to the window (React
 * Native on iOS) and to the document (React Native on Android). Returns how to stop.
 */
export function onShellMessage(
  callback: (received: Readonly<Record<string, unknown>>) => void,
  channel: unknown,
): () => void {
  const listener = ({ isTrusted, source, origin, data }: MessageEvent) => {
    // A shell's events are made by a script in the page. What other windows post is trusted by the browser. In WebKit it has no
    // source if it is from an iframe that is gone by then.
    const received = !isTrusted && !source && !origin && readProtocol(data)
    if (received) callback(received)
  }
  const each = (verb: keyof NonNullable<Target>) => {
    for (const target of [channel, globalThis, globalThis.document] as Target[]) {
      target?.[verb]?.('message', listener as EventListener)
    }
  }
  each('addEventListener')
  return () => each('removeEventListener')
}
