import { check } from '../errors.ts'
import { listen } from '../platform/wake.ts'
import type { SessionStore } from '../session/session-store.ts'
import { asRecord } from './compare-record.ts'
import { memoryStore } from './memory.ts'
import type { StoreCall, WorkerMessage } from './shared-memory-worker.ts'

export interface SharedMemoryStoreOptions {
  /**
   * Makes the worker; called when the store is first used. The worker's file is your app's, so that your bundler builds it and
   * your content security policy allows it (`worker-src 'self'`). All tabs must load it from the same URL with the same `name`.
   *
   * @example
   * worker: () => new SharedWorker(new URL('./session-worker.ts', import.meta.url), { type: 'module', name: 'session' })
   */
  readonly worker: () => SharedWorker
}

type Request = Omit<StoreCall, 'id'>

interface Connection {
  /** Resolves with `undefined` if there is no worker after all. */
  ask(request: Request): Promise<{ readonly result: unknown } | undefined>
  /** The worker sends no more changes here. Results that are under way still arrive. */
  leave(): void
}

/** One port to the worker. `failed` is called if the worker's script cannot be loaded. */
function connect(worker: SharedWorker, changed: (name: string) => void, failed: () => void): Connection {
  const waiting = new Map<number, (answer: { readonly result: unknown } | undefined) => void>()
  const { port } = worker
  let isHeard = false
  let lastId = 0
  port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    isHeard = true
    if ('changed' in data) return changed(data.changed)
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
  }
  worker.onerror = () => {
    // A worker that has answered is there: the error is of other code in its file.
    if (isHeard) return
    // First, so that whoever asks again from here on does not ask this worker.
    failed()
    for (const settle of waiting.values()) settle(undefined)
  }
  return {
    ask: request =>
      new Promise(resolve => {
        lastId += 1
        waiting.set(lastId, resolve)
        port.postMessage({ ...request, id: lastId } satisfies StoreCall)
      }),
    leave: () => port.postMessage('leave'),
  }
}

/**
 * One session for all tabs, in the memory of a SharedWorker: nothing is written to disk, and the session ends with the last tab.
 * Where there is no SharedWorker, or its script cannot be loaded, each tab has a session of its own, as with `memoryStore()`;
 * the console says so once.
 *
 * @throws ConfigurationError if `worker` is not a function
 * @see https://html.spec.whatwg.org/multipage/workers.html#shared-workers-and-the-sharedworker-interface
 *
 * @example
 * store: sharedMemoryStore({
 *   worker: () => new SharedWorker(new URL('./session-worker.ts', import.meta.url), { type: 'module', name: 'session' }),
 * })
 */
export function sharedMemoryStore(options: SharedMemoryStoreOptions): SessionStore {
  const { worker } = options ?? {}
  check(typeof worker === 'function', 'worker', 'write a function that makes a SharedWorker')
  const memory = memoryStore()
  const watchers = new Map<object, readonly [name: string, changed: () => void]>()
  /** `null`: there is no worker; `undefined`: not connected now. */
  let connection: Connection | null | undefined

  function tell(name: string): void {
    for (const [watched, changed] of [...watchers.values()]) if (watched === name) changed()
  }
  function standAlone(reason: unknown): void {
    connection = null
    // On a server it is no news.
    if (!globalThis.document) return
    console.warn(`latchkey: sharedMemoryStore() has no worker (${reason}), so this tab does not share its session.`)
  }
  function open(): Connection | null | undefined {
    if (connection !== undefined) return connection
    try {
      const made = connect(worker(), tell, () => standAlone('its script could not be loaded'))
      connection = made
      // A page in the back-forward cache may outlive the worker: what it asks after that goes to the worker of then.
      const stop = listen(() => {
        stop()
        made.leave()
        if (connection === made) connection = undefined
      }, ['pagehide'])
    } catch (error) {
      standAlone(error)
    }
    return connection
  }
  /** Posts in this very task, so that writes are made in the order of the calls. `alone`: the same in this tab's memory. */
  async function ask<Result>(request: Request, alone: () => Result | PromiseLike<Result>): Promise<Result> {
    const answer = await open()?.ask(request)
    return answer ? (answer.result as Result) : alone()
  }
  return {
    shared: typeof SharedWorker === 'function',
    read: async name => asRecord(await ask({ name }, () => memory.read(name))),
    compareAndSet: (name, expected, next) =>
      ask({ name, next, expected }, () => memory.compareAndSet(name, expected, next)),
    overwrite: (name, next) => ask({ name, next }, () => memory.overwrite(name, next)),
    // This tab's own memory never fails to write, so that nothing has to be removed there.
    remove: (name, expected) => ask({ name, next: null, expected }, () => false),
    watch(name, changed) {
      const key = {}
      watchers.set(key, [name, changed])
      const stop = memory.watch?.(name, changed)
      return () => {
        watchers.delete(key)
        stop?.()
      }
    },
  }
}
