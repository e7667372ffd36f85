import type { StoredRecord } from '../../../src/session/session-store.ts'
import { storageStore } from '../../../src/stores/web-storage.ts'
import type { BrokenStore, StorePorts } from './broken-store.ts'
import type { PageLife } from './computer.ts'
import type { StoreFault } from './plan.ts'

interface Write {
  readonly order: number
  readonly key: string
  readonly value: string | null
}
type Seen = Map<string, Write>

/** Up to 80 ms were measured (docs/decisions, 4). */
const lagsMs = [1, 20, 80]
const quota = () => new DOMException('The disk is full', 'QuotaExceededError')

/**
 * Web Storage, as each page sees it: its own writes at once, those of others some time later, in the same order. What a faulty
 * store does at a call, this does at a write. It cannot hang, nor do what it says it has not done: `setItem` throws only if the value
 * could not be set (HTML Standard §12.2.1).
 */
export function createLaggingStorages({ timeline, random, onWrite, count }: StorePorts): BrokenStore {
  const faults: StoreFault[] = []
  const lagMs = random.pick(lagsMs)
  const settled: Seen = new Map()
  const views = new Set<Seen>()
  let order = 0
  /** No write arrives before an earlier one. */
  let arrivesAtMs = 0
  const learn = (seen: Seen, write: Write) => {
    if ((seen.get(write.key)?.order ?? 0) < write.order) seen.set(write.key, write)
  }
  const valueIn = (seen: Seen, key: string) => seen.get(key)?.value ?? null
  function recordIn(seen: Seen): StoredRecord | null {
    const slot = valueIn(seen, 'latchkey:main:current')
    const stored = slot && valueIn(seen, `latchkey:main:${slot}`)
    try {
      const [record] = JSON.parse(stored ?? '[]') as StoredRecord[]
      return typeof record?.sessionId === 'string' ? record : null
    } catch {
      return null
    }
  }

  function publish(by: { readonly page: PageLife; readonly view: Seen }, key: string, value: string | null): void {
    const former = recordIn(settled)
    order += 1
    const write: Write = { order, key, value }
    learn(by.view, write)
    learn(settled, write)
    const fault = faults[0]
    const isSlow = fault === 'lags' || fault === 'late' || fault === 'stale' || fault === 'shows-late'
    if (isSlow) count(`store: ${faults.shift()}, at a write to Web Storage`)
    arrivesAtMs = Math.max(arrivesAtMs, timeline.nowMs + (isSlow ? random.between(300, 1800) : lagMs))
    timeline.after(arrivesAtMs - timeline.nowMs, () => {
      for (const view of views) learn(view, write)
    })
    const next = recordIn(settled)
    if (next && next.revision !== former?.revision) onWrite(by.page, former, next)
  }

  function storageOf(page: PageLife): Storage {
    const view: Seen = new Map(settled)
    views.add(view)
    page.onEnd(() => views.delete(view))
    const by = { page, view }
    const isFault = (...kinds: StoreFault[]) => {
      if (!kinds.includes(faults[0] as StoreFault)) return false
      count(`store: ${faults.shift()}, at a write to Web Storage`)
      return true
    }
    return {
      getItem: (key: string) => valueIn(view, key),
      setItem(key: string, value: string) {
        if (isFault('refuses', 'hangs', 'lands')) throw quota()
        if (isFault('loses')) return
        publish(by, key, isFault('corrupts') ? '{"version":' : value)
      },
      removeItem: (key: string) => publish(by, key, null),
    } as Storage
  }

  return {
    openFor(page) {
      const storage = storageOf(page)
      return storageStore(() => storage)
    },
    fail: fault => void faults.push(fault),
    heal() {
      faults.length = 0
    },
    wipe() {
      for (const { key } of settled.values()) {
        order += 1
        for (const seen of [settled, ...views]) learn(seen, { order, key, value: null })
      }
    },
    get record() {
      return recordIn(settled)
    },
  }
}
