import { describe, expect, test } from 'vitest'
import { judgeRecord, type RecordVerdict } from '../../../src/refresh/judge-record.ts'
import type { RefreshCause } from '../../../src/session/events.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

interface Case {
  readonly cause?: RefreshCause
  /** `null`: the store holds no record. */
  readonly record?: Partial<StoredRecord> | null
  readonly isAmbient?: boolean
  /** The session that this page is in by now. */
  readonly sessionId?: string
  readonly isSignedIn?: boolean
}

const held = credentialsOf({ subject: 'alice' })
const newer = credentialsOf({ subject: 'alice', accessToken: 'access-2' })

/** A refresh of generation 0 of the session `main`, whose record is unchanged, unless a case says otherwise. */
const judge = ({ cause = 'rejected', record = {}, isAmbient = false, sessionId = 'main', isSignedIn = true }: Case) =>
  judgeRecord(
    record && storedRecord({ sessionId: 'main', generation: 0, credentials: held, ...record }),
    { sessionId: 'main', generation: 0, replaces: isSignedIn ? held : null, cause },
    { state: { sessionId, credentials: isSignedIn ? held : null }, isAmbient },
  )

describe('judgeRecord: what the record found in step b means for a refresh', () => {
  test.each<[string, Case, RecordVerdict]>([
    ['unchanged: it proceeds', {}, 'proceed'],
    ['whatever it says, after this page has signed out: superseded', { sessionId: 'next' }, 'superseded'],
    ['of another session: superseded', { record: { sessionId: 'other' } }, 'superseded'],
    ['without credentials: superseded', { record: { credentials: null } }, 'superseded'],
    ['gone: superseded', { record: null }, 'superseded'],
    [
      'gone, in an ambient mode, with the user still signed in here: superseded',
      { record: null, isAmbient: true },
      'superseded',
    ],
    ['of a newer generation: adopted', { record: { generation: 1 } }, 'adopted'],
    ['with another access token (a step-up): adopted', { record: { credentials: newer } }, 'adopted'],
    [
      'of a newer generation, whose token is in another tab: this tab gets its own',
      { record: { generation: 1, credentials: { ...newer, tokensElsewhere: true } } },
      'proceed',
    ],
    ['with credentials, where this page has none: adopted', { isSignedIn: false }, 'adopted'],
    ['marked as rejected: rejected', { record: { rejected: true } }, 'rejected'],
    ['marked as rejected, but newer: adopted', { record: { rejected: true, generation: 1 } }, 'adopted'],
  ])('%s', (_title, facts, verdict) => {
    expect(judge(facts)).toBe(verdict)
  })

  test.each<[string, Case, RecordVerdict]>([
    ['without a record, in an ambient mode: it proceeds', { record: null, isAmbient: true }, 'proceed'],
    ['without a record: superseded', { record: null }, 'superseded'],
    ['with a token in the record: adopted', {}, 'adopted'],
    ['with a token in the record, in an ambient mode: adopted', { isAmbient: true }, 'adopted'],
    [
      'with a rejected record, in an ambient mode: it proceeds, since a login by navigation may have brought another cookie',
      { isAmbient: true, record: { rejected: true, credentials: { ...newer, accessToken: null } } },
      'proceed',
    ],
    ['with a signed-out record: superseded', { record: { credentials: null } }, 'superseded'],
    [
      'with a signed-out record, in an ambient mode: it proceeds',
      { record: { credentials: null }, isAmbient: true },
      'proceed',
    ],
    [
      'with another session, in an ambient mode, without a token: it proceeds',
      { record: { sessionId: 'other', credentials: null }, isAmbient: true },
      'proceed',
    ],
  ])('at a start, %s', (_title, facts, verdict) => {
    expect(judge({ cause: 'restore', isSignedIn: false, ...facts })).toBe(verdict)
  })
})
