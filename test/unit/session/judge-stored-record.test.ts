import { describe, expect, test } from 'vitest'
import {
  judgeStoredRecord,
  type KnownState,
  type StoredRecordVerdict,
} from '../../../src/session/judge-stored-record.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { storedRecord } from '../../support/session-records.ts'

interface Case extends Partial<KnownState> {
  /** `null`: no record. */
  readonly found?: Partial<StoredRecord> | null
  readonly isNewer?: boolean
}

const mine = storedRecord({ revision: 'mine', sessionId: 'mine' })

/** The store has been read here, held the revision `before` then, and now holds one of another tab, unless a case says otherwise. */
const judge = ({ found = {}, isNewer = false, ...known }: Case) => {
  const record = found && storedRecord({ revision: 'others', sessionId: 'others', ...found })
  return judgeStoredRecord(
    { record: isNewer ? null : record, revision: record?.revision ?? null, isNewer },
    {
      state: 'synced',
      latest: mine,
      ownRevisions: new Set(['before', 'mine']),
      abandonedIds: new Set(['abandoned']),
      outdatedRevisions: new Set(['outdated']),
      isRetaining: true,
      ...known,
    },
  )
}

describe('judgeStoredRecord: whether the record of the store is valid, or the one of this page', () => {
  test.each<[string, Case, StoredRecordVerdict]>([
    ['A record of a newer release cannot be read', { isNewer: true }, 'newer'],
    ['A page that has not read yet takes what there is', { state: 'unread', latest: null }, 'theirs'],
    ['A page without a record takes what there is', { latest: null }, 'theirs'],
    ['A record of another tab is valid', {}, 'theirs'],
    [
      'A record that has disappeared is valid: the user signed out, or the storage was wiped',
      { found: null },
      'theirs',
    ],
    [
      'A record of a session that was left here is valid, since it is newer',
      { found: { sessionId: 'abandoned' } },
      'theirs',
    ],
    [
      'A record that was overwritten here is not: the store has lost the write',
      { found: { revision: 'outdated' } },
      'ours',
    ],
    [
      'The record of this page is valid, also if its slow write may come late',
      { found: { revision: 'mine' }, outdatedRevisions: new Set(['mine']) },
      'theirs',
    ],
    ['A store that has never returned a record keeps nothing', { found: null, isRetaining: false }, 'forgotten'],
  ])('synced: %s', (_title, facts, verdict) => {
    expect(judge(facts)).toBe(verdict)
  })

  test.each<[string, Case, StoredRecordVerdict]>([
    ['A record of another tab is newer', {}, 'theirs'],
    ['A record that has disappeared is newer', { found: null }, 'theirs'],
    ['The record before the write that failed is not', { found: { revision: 'before' } }, 'ours'],
    ['A record of a session that was left here is not', { found: { sessionId: 'abandoned' } }, 'ours'],
    ['A record that was overwritten here is not', { found: { revision: 'outdated' } }, 'ours'],
    ['The record whose write was said to fail is there', { found: { revision: 'mine' } }, 'theirs'],
    ['A first write that failed is tried again', { found: null, isRetaining: false, ownRevisions: undefined }, 'ours'],
    ['Without a read before, any record is older', { ownRevisions: undefined }, 'ours'],
    [
      'Without a read before, a record of this session is newer: the write took effect, and another tab went on',
      { ownRevisions: undefined, found: { sessionId: 'mine', generation: 1 } },
      'theirs',
    ],
  ])('ahead: %s', (_title, facts, verdict) => {
    expect(judge({ state: 'ahead', ...facts })).toBe(verdict)
  })

  test.each<[string, Case, StoredRecordVerdict]>([
    ['A store that still keeps nothing', { found: null, isRetaining: false }, 'forgotten'],
    ['A store that is back, with a record of another tab: that is valid', {}, 'theirs'],
  ])('unreliable: %s', (_title, facts, verdict) => {
    expect(judge({ state: 'unreliable', ...facts })).toBe(verdict)
  })
})
