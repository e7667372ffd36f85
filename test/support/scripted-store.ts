import type { SessionRecord, SessionStore } from '../../src/session/session-store.ts'
import { createDeferred } from './deferred.ts'

export type StoreCall = 'read' | 'compareAndSet' | 'overwrite' | 'remove'

/** How a call fails. What `lands` has its effect before the answer fails. */
export type StoreFault =
  | 'throws'
  | 'rejects'
  | 'hangs'
  | 'lands-then-throws'
  | 'lands-then-rejects'
  | 'lands-then-hangs'
  | { readonly answers: unknown }

export interface ScriptedStore extends SessionStore {
  /** What is stored; a test may put anything there. */
  content: unknown
  /** Every call, in order. */
  readonly calls: readonly StoreCall[]
  /** The next so many calls of that kind fail so. @default always */
  fail(call: StoreCall | 'all', fault: StoreFault, times?: number): void
  /** Works again. */
  mend(): void
  /** The next call of that kind waits, with its effect done before or after the wait. */
  hold(call: StoreCall, effect?: 'before' | 'after'): { readonly reached: Promise<void>; readonly open: () => void }
}

interface Trap {
  readonly call: StoreCall | 'all'
  timesLeft: number
  spring<Answer>(run: () => Answer): Answer | Promise<Answer>
}

const never = () => new Promise<never>(() => {})

const strike = <Answer>(fault: StoreFault, run: () => Answer): Answer | Promise<Answer> => {
  if (typeof fault === 'object') return fault.answers as Answer
  if (fault.startsWith('lands')) run()
  if (fault.endsWith('throws')) throw new DOMException('The store is broken.', 'SecurityError')
  if (fault.endsWith('rejects')) return Promise.reject(new DOMException('The store is full.', 'QuotaExceededError'))
  return never()
}

const revisionOf = (content: unknown) => (content as Partial<SessionRecord> | null)?.revision ?? null

/** A store of one record in memory, shared with other tabs unless told otherwise, that does to its callers what a test wants. */
export const createScriptedStore = (options: { readonly shared?: boolean; readonly lagMs?: number } = {}) => {
  const traps = new Set<Trap>()
  const calls: StoreCall[] = []

  const take = (call: StoreCall): Trap | undefined => {
    for (const trap of traps) {
      if (trap.call !== 'all' && trap.call !== call) continue
      trap.timesLeft -= 1
      if (trap.timesLeft <= 0) traps.delete(trap)
      return trap
    }
    return undefined
  }
  const pass = <Answer>(call: StoreCall, run: () => Answer): Answer | Promise<Answer> => {
    calls.push(call)
    const trap = take(call)
    return trap ? trap.spring(run) : run()
  }

  const store: ScriptedStore = {
    shared: true,
    ...options,
    content: null,
    calls,
    // As structured cloning does it: nobody gets the very object that another one stored.
    read: () => pass('read', () => structuredClone(store.content) as SessionRecord | null),
    compareAndSet: (_name, expected, next) =>
      pass('compareAndSet', () => {
        const unmoved = revisionOf(store.content) === expected
        if (unmoved) store.content = structuredClone(next)
        return unmoved
      }),
    overwrite: (_name, next) =>
      pass('overwrite', () => {
        store.content = structuredClone(next)
      }),
    remove: (_name, expected) =>
      pass('remove', () => {
        const unmoved = revisionOf(store.content) === expected
        if (unmoved) store.content = null
        return unmoved
      }),
    fail: (call, fault, times = Number.POSITIVE_INFINITY) =>
      void traps.add({ call, timesLeft: times, spring: run => strike(fault, run) }),
    mend: () => traps.clear(),
    hold: (call, effect = 'after') => {
      const [reached, go] = [createDeferred(), createDeferred()]
      const spring = async <Answer>(run: () => Answer) => {
        const early = effect === 'before' ? { answer: run() } : undefined
        reached.resolve()
        await go.promise
        return early ? early.answer : run()
      }
      traps.add({ call, timesLeft: 1, spring })
      return { reached: reached.promise, open: go.resolve }
    },
  }
  return store
}
