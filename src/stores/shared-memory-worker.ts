import type { SessionRecord } from '../session/session-store.ts'
import { mayReplace } from './compare-record.ts'

/** What a page sends. Without `next` it reads; `next: null` removes. Without `expected` it writes without comparing. */
export interface StoreCall {
  readonly id: number
  readonly name: string
  readonly next?: SessionRecord | null | undefined
  readonly expected?: string | null | undefined
}

/** What the worker sends: the result of a call, or the name of a record that another page changed. */
export type WorkerMessage =
  | { readonly id: number; readonly result: SessionRecord | boolean | null }
  | { readonly changed: string }

/** The part of `SharedWorkerGlobalScope` that is used. */
interface WorkerScope {
  onconnect?: ((event: { readonly ports: readonly [MessagePort] }) => void) | null
}

/**
 * Keeps the sessions of {@link sharedMemoryStore} in the memory of a SharedWorker. Call it once, in the worker's own file.
 *
 * @example
 * // session-worker.ts
 * import { serveSharedMemory } from 'latchkey/shared-memory-worker'
 * serveSharedMemory()
 *
 * @see https://html.spec.whatwg.org/multipage/workers.html#shared-workers-and-the-sharedworker-interface
 */
export function serveSharedMemory(): void {
  const records = new Map<string, SessionRecord | null>()
  const ports = new Set<MessagePort>()

  /** Atomic over all pages: a worker has one thread, and nothing may be awaited between the comparison and the write. */
  function replace({ name, next = null, expected }: StoreCall, by: MessagePort): boolean {
    const isReplaced = mayReplace(records.get(name), next, expected)
    if (!isReplaced) return false
    records.set(name, next)
    for (const port of ports) if (port !== by) port.postMessage({ changed: name } satisfies WorkerMessage)
    return true
  }
  ;(globalThis as WorkerScope).onconnect = ({ ports: [port] }) => {
    ports.add(port)
    port.onmessage = ({ data }: MessageEvent<StoreCall | 'leave'>) => {
      // Not every engine has a `close` event on MessagePort, so a page says when it closes.
      if (data === 'leave') return void ports.delete(port)
      const result = data.next === undefined ? (records.get(data.name) ?? null) : replace(data, port)
      port.postMessage({ id: data.id, result } satisfies WorkerMessage)
    }
  }
}
