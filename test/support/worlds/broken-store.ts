import type { SessionRecord, SessionStore, StoredRecord } from '../../../src/session/session-store.ts'
import type { Random } from '../random.ts'
import type { PageLife } from './computer.ts'
import type { StoreFault } from './plan.ts'
import type { Timeline } from './timeline.ts'

/** One store for all pages: atomic, in order for each page, and as faulty as it is told. */
export interface BrokenStore {
  openFor(page: PageLife): SessionStore
  /** The next call fails so. */
  fail(fault: StoreFault, at: 'call' | 'write'): void
  /** From now on nothing fails. */
  heal(): void
  wipe(): void
  readonly record: StoredRecord | null
}

/** Called for every write, with what it replaced. */
export type OnWrite = (page: PageLife, former: StoredRecord | null, next: StoredRecord) => void

const garbage: readonly unknown[] = [
  null,
  7,
  'x',
  [],
  { version: 2 },
  { version: 2, revision: 'r', sessionId: 5, generation: 'x' },
]

export interface StorePorts {
  readonly timeline: Timeline
  readonly random: Random
  readonly onWrite: OnWrite
  readonly count: (what: string) => void
}

const isOfWrites = (fault: StoreFault) => fault === 'loses' || fault === 'shows-late'
const isOfReads = (fault: StoreFault) => fault === 'stale'

export function createBrokenStore({ timeline, random, onWrite, count }: StorePorts): BrokenStore {
  let content: unknown = null
  /** What it held before the last write, and until when it is still shown. */
  let former: unknown = null
  let showsFormerUntilMs = -1
  const faults: { readonly fault: StoreFault; readonly at: 'call' | 'write' }[] = []
  const recordOf = (value: unknown) =>
    typeof (value as Partial<StoredRecord> | null)?.sessionId === 'string' ? (value as StoredRecord) : null

  function nextFault(isWrite: boolean): StoreFault | undefined {
    const next = faults.findIndex(({ fault, at }) =>
      isOfReads(fault) ? !isWrite : isWrite || (at === 'call' && !isOfWrites(fault)),
    )
    return next < 0 ? undefined : faults.splice(next, 1)[0]?.fault
  }
  const shown = () => (timeline.nowMs <= showsFormerUntilMs ? former : content)

  function openFor(page: PageLife): SessionStore {
    let queue: Promise<unknown> = Promise.resolve()
    const after = (ms: number) => new Promise<void>(resolve => timeline.after(ms, resolve))

    /** The browser does it whatever becomes of the page meanwhile; a page that has died may not have got so far. */
    function call<Answer>(act: () => Answer, isWrite: boolean): Promise<Answer> {
      const fault = nextFault(isWrite)
      if (fault) count(`store: ${fault}, at a ${isWrite ? 'write' : 'read'}`)
      const lastMs = fault === 'lags' ? random.between(300, 1800) : fault === 'late' ? random.between(2100, 6000) : 3
      const before = queue
      let leave = () => {}
      queue = new Promise<void>(resolve => {
        leave = resolve
      })
      const run = async (): Promise<Answer> => {
        await before
        if (fault === 'hangs') {
          leave()
          return new Promise<never>(() => {})
        }
        // Half of the late ones act at once, and say so late.
        const isEarly = fault === 'late' && random.chance(0.5)
        await after(isEarly ? 1 : random.between(0, lastMs))
        if (page.isDead && random.chance(0.5)) return new Promise<never>(() => {})
        if (fault === 'corrupts') content = random.pick(garbage)
        if (fault === 'stale') showsFormerUntilMs = timeline.nowMs
        if (fault === 'shows-late') showsFormerUntilMs = timeline.nowMs + random.between(30, 1800)
        const isLost = isWrite && fault === 'loses'
        const answer = fault === 'refuses' ? undefined : isLost ? (true as Answer) : act()
        leave()
        const answered = new Promise<void>(resolve => page.task(isEarly ? lastMs : random.between(0, 3), resolve))
        await answered
        if (fault === 'refuses' || fault === 'lands') throw new Error('QuotaExceededError: the disk is full')
        return answer as Answer
      }
      return run()
    }
    function put(next: SessionRecord): void {
      former = content
      content = structuredClone(next)
      onWrite(page, recordOf(former), content as StoredRecord)
    }
    return {
      shared: true,
      read: () => call(() => structuredClone(shown()) as SessionRecord | null, false),
      compareAndSet: (_name, expected, next) =>
        call(() => {
          const revision = (content as Partial<SessionRecord> | null)?.revision ?? null
          if (revision === expected) put(next)
          return revision === expected
        }, true),
      overwrite: (_name, next) => call(() => put(next), true),
    }
  }

  return {
    openFor,
    fail: (fault, at) => void faults.push({ fault, at }),
    heal() {
      faults.length = 0
      showsFormerUntilMs = -1
    },
    wipe() {
      content = former = null
    },
    get record() {
      return recordOf(content)
    },
  }
}
