import { checkOptions, isFunction } from '../checks/option-rules.ts'
import { listen } from '../platform/wake.ts'
import type { SessionStore } from '../session/session-store.ts'
import { systemClock } from '../time/clock.ts'
import { lostCallMs } from '../time/delays.ts'
import { createTimeLimit } from '../time/wait.ts'
import { asRecord } from './compare-record.ts'
import { memoryStore } from './memory.ts'
import type { StoreCall, WorkerMessage } from './shared-memory-worker.ts'

/** The options of `sharedMemoryStore`. */
export interface SharedMemoryStoreOptions {
  /**
   * Makes the worker. It is called when the store is first used. The worker's file belongs to your app, so that your bundler
   * builds it and your content security policy allows it (`worker-src 'self'`). All tabs must load it from the same URL with the
   * same `name`.
   *
   * @example
   * worker: () => new SharedWorker(new URL('./session-worker.ts', import.meta.url), { type: 'module', name: 'session' })
   */
  readonly worker: () => SharedWorker
}

type Request = Omit<StoreCall, 'id'>

interface Connection {
  /** Resolves with `undefined` if the worker turns out to be missing. Rejects if it does not respond. */
  ask(request: Request): Promise<Answer>
  /** Tells the worker to send no more changes here. Pending results still arrive; then the port is closed. */
  leave(): void
}

type Answer = { readonly result: unknown } | undefined

interface Connected {
  /** A page changed the record of that name. */
  changed(name: string): void
  /** The worker's script cannot be loaded. */
  failed(): void
  /** The worker did not respond to a call. `wasHeard`: it did before. */
  lost(wasHeard: boolean): void
}

/** One port to the worker. */
function connect(worker: SharedWorker, { changed, failed, lost }: Connected): Connection {
  const inTime = createTimeLimit(systemClock, lostCallMs)
  const waiting = new Map<number, (answer: Answer) => void>()
  const { port } = worker
  let isHeard = false
  let isLeaving = false
  let lastId = 0
  const closeIfDone = () => {
    if (!isLeaving || waiting.size > 0) return
    port.close()
    // Chromium keeps a SharedWorker as long as its page, and with it all that these refer to.
    port.onmessage = worker.onerror = null
  }
  port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    isHeard = true
    if ('changed' in data) return changed(data.changed)
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
    closeIfDone()
  }
  worker.onerror = () => {
    // A worker that has responded runs: the error comes from other code in its file.
    if (isHeard) return
    // Call this first: a caller that tries again when it is settled must not use this worker.
    failed()
    for (const settle of waiting.values()) settle(undefined)
  }
  return {
    ask(request) {
      lastId += 1
      const id = lastId
      const answer = new Promise<Answer>(resolve => {
        waiting.set(id, resolve)
        port.postMessage({ ...request, id } satisfies StoreCall)
      })
      return inTime(answer, (_, reject) => {
        waiting.delete(id)
        lost(isHeard)
        reject(new DOMException('The worker does not respond.', 'TimeoutError'))
      })
    },
    leave() {
      port.postMessage('leave')
      isLeaving = true
      closeIfDone()
    },
  }
}

/**
 * A store in the memory of a SharedWorker: one session for all tabs. Nothing is written to disk, and the session ends with the
 * last tab. Without SharedWorker, or if its script cannot be loaded, each tab has a session of its own, as with `memoryStore()`,
 * and the console shows one warning.
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
  checkOptions(options, { worker: [isFunction, 'a function that makes a SharedWorker', 'required'] })
  const { worker } = options
  const memory = memoryStore()
  const watchers = new Map<object, readonly [name: string, changed: () => void]>()
  /** `null`: there is no worker; `undefined`: not connected now. */
  let connection: Connection | null | undefined
  let wasWatched = false

  /** Without a name: those of every name. */
  function notifyWatchers(name?: string): void {
    for (const [watched, changed] of [...watchers.values()]) if (watched === (name ?? watched)) changed()
  }
  function standAlone(reason: unknown): void {
    connection = null
    // On a server this is expected: do not warn.
    if (!globalThis.document) return
    console.warn(`latchkey: sharedMemoryStore() has no worker (${reason}), so this tab does not share its session.`)
  }
  function open(): Connection | null | undefined {
    if (connection !== undefined) return connection
    try {
      const { ask, leave } = connect(worker(), {
        changed: notifyWatchers,
        failed: () => standAlone('its script could not be loaded'),
        // No event tells a page that the worker has crashed. Disconnect, so that the next call starts another.
        lost(wasHeard) {
          const isCurrent = connection === made
          made.leave()
          // Changes may have been missed. A worker that hangs from the start is not asked again and again.
          if (isCurrent && wasHeard) notifyWatchers()
        },
      })
      const made: Connection = {
        ask,
        leave() {
          stop()
          leave()
          if (connection === made) connection = undefined
        },
      }
      connection = made
      // A page in the back-forward cache may outlive the worker. Disconnect, so that its next call connects to the worker of
      // then.
      const stop = listen(made.leave, ['pagehide'])
    } catch (error) {
      standAlone(error)
    }
    return connection
  }
  /** Posts in the same task, so that writes happen in the order of the calls. `alone`: the same call in this tab's memory. */
  async function ask<Result>(request: Request, alone: () => Result | PromiseLike<Result>): Promise<Result> {
    const answer = await open()?.ask(request)
    // The last client was disposed of before, or meanwhile: an open port would remain for each store.
    if (wasWatched && watchers.size === 0) connection?.leave()
    return answer ? (answer.result as Result) : alone()
  }
  return {
    shared: typeof SharedWorker === 'function',
    read: async name => asRecord(await ask({ name }, () => memory.read(name))),
    compareAndSet: (name, expected, next) =>
      ask({ name, next, expected }, () => memory.compareAndSet(name, expected, next)),
    overwrite: (name, next) => ask({ name, next }, () => memory.overwrite(name, next)),
    // A write to this tab's own memory never fails, so nothing has to be removed there.
    remove: (name, expected) => ask({ name, next: null, expected }, () => false),
    watch(name, changed) {
      const key = {}
      watchers.set(key, [name, changed])
      wasWatched = true
      const stop = memory.watch?.(name, changed)
      return () => {
        watchers.delete(key)
        if (watchers.size === 0) connection?.leave()
        stop?.()
      }
    },
  }
}
