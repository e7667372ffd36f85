import { describe, expect, test } from 'vitest'
import { decideSave, type SaveFacts } from '../../../src/refresh/decide-save.ts'
import type { Credentials } from '../../../src/session/credentials.ts'
import type { RevocationPending, StoredRecord } from '../../../src/session/session-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const sentAt = Date.UTC(2026, 0, 1)
const nothing = { issuer: null, subject: null }

/** Credentials of which the app says whose they are. */
const of = (subject: string | null, more: Partial<Credentials> = {}) =>
  credentialsOf({
    subject,
    statedBy: { app: { issuer: null, subject }, idToken: nothing, accessToken: nothing },
    ...more,
  })
const alice = of('alice')
const unverified = { ...alice, ownerUnverified: true }

interface Case {
  readonly user?: string | null
  readonly cause?: SaveFacts['request']['cause']
  readonly record?: Partial<StoredRecord>
  readonly replaces?: Credentials | null
  readonly sessionId?: string
}

/** Tokens come for a session of Alice, whose record holds her credentials, unless a case says otherwise. */
const decide = ({ user = 'alice', cause = 'rejected', record = {}, replaces = alice, sessionId = 'main' }: Case) => {
  const fresh = of(user, { accessToken: 'access-2', refreshToken: 'refresh-2' })
  const lease = { id: 'own', generation: 0, startedAt: sentAt, underLock: true }
  return decideSave({
    granted: { kind: 'granted', fresh, credentials: fresh },
    leased: storedRecord({ sessionId: 'main', credentials: alice, lease, ...record }),
    request: { sessionId: 'main', generation: 0, replaces, cause, startedMs: 0 },
    sessionId,
  })
}
/** Alice has signed out, and the server was called `agoMs` before the token request. */
const signedOut = (agoMs: number, more: Partial<RevocationPending> = {}): Partial<StoredRecord> => ({
  credentials: null,
  revocationPending: {
    id: 'out',
    subject: 'alice',
    signedOutAt: sentAt - agoMs,
    calledAt: sentAt - agoMs,
    ...more,
  },
})

describe('decideSave: what becomes of the tokens that a token request brought', () => {
  test.each<[string, Case, ReturnType<typeof decide>['kind']]>([
    ['of the same user: the session continues', {}, 'continue'],
    ['that name no user: the session continues', { user: null }, 'continue'],
    ['of another user than the record names: the session ends', { user: 'bob' }, 'end'],
    [
      'of another user than this page knows, where the record names none: the session ends',
      { user: 'bob', record: { credentials: of(null) } },
      'end',
    ],
    [
      'of another user, after a sign-out here: the stored session ends all the same',
      { user: 'bob', sessionId: 'next' },
      'end',
    ],
    ['of a record without a user: the session continues', { record: { credentials: null } }, 'continue'],
    ['after this page has signed out: they are dropped', { sessionId: 'next' }, 'drop'],
    [
      'at a start, with nothing stored: a session begins',
      { cause: 'restore', replaces: null, record: { credentials: null } },
      'begin',
    ],
    [
      'at a start, of the user that is stored: that session continues',
      { cause: 'restore', replaces: null },
      'continue',
    ],
    ['at a start, of another user: a session begins', { cause: 'restore', replaces: null, user: 'bob' }, 'begin'],
    [
      'after a login that named no user, of the same user: the session continues',
      { record: { credentials: unverified } },
      'continue',
    ],
    [
      'after a login that named no user, of another user: a session begins',
      { user: 'bob', record: { credentials: unverified } },
      'begin',
    ],
    [
      'after a login that named no user, of no user: a session begins',
      { user: null, record: { credentials: unverified } },
      'begin',
    ],
  ])('%s', (_title, facts, kind) => {
    expect(decide(facts).kind).toBe(kind)
  })

  test.each<[string, Partial<StoredRecord>, string | null, ReturnType<typeof decide>]>([
    [
      'whose call failed: it stays signed out',
      signedOut(60_000, { failed: true }),
      'alice',
      { kind: 'stay-signed-out' },
    ],
    [
      'during a token request: it stays signed out',
      signedOut(60_000, { leaseId: 'lost' }),
      'alice',
      { kind: 'stay-signed-out' },
    ],
    ['that may still reach the server: ask again', signedOut(2000), 'alice', { kind: 'ask-again', afterMs: 3000 }],
    ['of this very moment: ask again', signedOut(0), 'alice', { kind: 'ask-again', afterMs: 5000 }],
  ])('at a start, of the session of a sign-out %s', (_title, record, user, save) => {
    expect(decide({ cause: 'restore', replaces: null, record, user })).toEqual(save)
  })

  test.each<[string, Partial<StoredRecord>, string | null]>([
    ['that the server has had the time to hear of', signedOut(5000), 'alice'],
    ['by a clock that has jumped', signedOut(-1), 'alice'],
    ['where the record says nothing of the token request', { ...signedOut(2000), lease: null }, 'alice'],
    ['of another user', signedOut(2000, { failed: true }), 'bob'],
    ['where the tokens name no user', signedOut(2000, { failed: true }), null],
  ])('at a start, after a sign-out %s: a session begins', (_title, record, user) => {
    expect(decide({ cause: 'restore', replaces: null, record, user }).kind).toBe('begin')
  })

  test('at a start, what the record knows of the user is kept if the response does not repeat it', () => {
    const save = decide({ cause: 'restore', replaces: null, record: { credentials: alice }, user: null })
    expect(save).toMatchObject({ kind: 'continue', credentials: { accessToken: 'access-2', statedBy: alice.statedBy } })
  })
})
