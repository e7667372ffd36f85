import type { RecordContent, SessionRecord, SessionStore, StoredRecord } from '../../../src/session/session-store.ts'
import type { Doing } from './observed.ts'

/** A question of one tab to the store that is not answered yet. */
export interface StoreCall {
  readonly kind: 'read' | 'sign' | Exclude<Doing, 'wait' | 'await' | 'other'>
  isDone: boolean
  /** The store acts. */
  readonly act: () => void
  /** The tab learns of it. */
  readonly answer: () => void
}

/** One record, shared by tabs whose questions are answered one by one, each tab's in order. */
export interface RealStore {
  open(calls: StoreCall[], tab: number): SessionStore
  /** The record, and which tab's lease is in it. */
  readonly record: StoredRecord | null
  readonly leasedBy: number | null
  put(record: StoredRecord | null): void
}

/** What a compare-and-set is for, by what it would write, and what the tab leased before. */
function purposeOf(leased: RecordContent | null, { lease, credentials }: RecordContent): StoreCall['kind'] {
  if (lease) return lease.closed ? 'close' : 'mark'
  if (!credentials) return 'remove'
  return credentials.refreshToken === leased?.credentials?.refreshToken ? 'unlease' : 'persist'
}

export function createRealStore(): RealStore {
  let record: StoredRecord | null = null
  const leaseholders = new Map<string, number>()
  return {
    get record() {
      return record
    },
    get leasedBy() {
      return leaseholders.get(record?.lease?.id ?? '') ?? null
    },
    put(next) {
      record = next
    },
    open(calls, tab) {
      const ask = <Answer>(kind: StoreCall['kind'], act: () => Answer) =>
        new Promise<Answer>(resolve => {
          let answer: Answer
          const call: StoreCall = {
            kind,
            isDone: false,
            act() {
              answer = act()
              call.isDone = true
            },
            answer: () => resolve(answer),
          }
          calls.push(call)
        })
      let leased: RecordContent | null = null
      return {
        shared: true,
        read: () => ask('read', () => record),
        compareAndSet: (_name, expected, next: SessionRecord) => {
          const content = next as StoredRecord
          const kind = purposeOf(leased, content)
          if (content.lease && kind === 'mark') {
            leased = content
            leaseholders.set(content.lease.id, tab)
          }
          return ask(kind, () => {
            const isUnmoved = (record?.revision ?? null) === expected
            if (isUnmoved) record = content
            return isUnmoved
          })
        },
        overwrite: (_name, next) =>
          ask('sign', () => {
            record = next as StoredRecord
          }),
      }
    },
  }
}
