import { describe, expect, test } from 'vitest'
import { reasonOf } from '../../../src/refresh/apply-result.ts'
import { isStillCurrent } from '../../../src/refresh/leased-record.ts'
import type { RefreshRequestPorts } from '../../../src/refresh/refresh-ports.ts'
import { discardUnusedTokens } from '../../../src/refresh/save-tokens.ts'
import type { Credentials } from '../../../src/session/credentials.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const written = storedRecord({ sessionId: 'main', generation: 1 })
const request = { sessionId: 'main', generation: 0, replaces: null, cause: 'rejected', startedMs: 0 } as const
const portsWith = (session: object, more: object = {}) => ({ session, ...more }) as unknown as RefreshRequestPorts

describe('what was written still holds', () => {
  test.each<[string, StoredRecord | null, string, boolean]>([
    ['if it is the newest record', written, 'main', true],
    ['if something else was noted in it', { ...written, revision: 'r', failures: 1 }, 'main', true],
    ['not if there is no record any more', null, 'main', false],
    ['not if the record is of another session', { ...written, sessionId: 'other' }, 'main', false],
    ['not if the record has a newer generation', { ...written, generation: 2 }, 'main', false],
    [
      'not if the record has another refresh token',
      { ...written, credentials: credentialsOf({ refreshToken: 'newer' }) },
      'main',
      false,
    ],
    ['not if the record has no user', { ...written, credentials: null }, 'main', false],
    ['not if this page is in another session', written, 'other', false],
  ])('%s', (_when, latest, sessionId, expected) => {
    expect(isStillCurrent(written, request, portsWith({ records: { latest }, state: { sessionId } }))).toBe(expected)
  })
})

describe('tokens that came too late', () => {
  const former = credentialsOf({ refreshToken: 'spent' })
  const fresh = credentialsOf({ accessToken: 'late', refreshToken: 'fresh' })
  interface Case {
    readonly brought?: Credentials
    readonly sentWith?: Credentials | null
    readonly latest?: StoredRecord | null
    readonly held?: Credentials | null
  }
  /** What is discarded of them. */
  const discarded = ({ brought = fresh, sentWith = former, latest = null, held = null }: Case) => {
    const found: Credentials[] = []
    const ports = portsWith(
      { state: { credentials: held }, records: { latest } },
      { discard: (credentials: Credentials) => void found.push(credentials) },
    )
    const leased = storedRecord({ sessionId: 'main', credentials: sentWith })
    const granted = { kind: 'granted', fresh: brought, credentials: brought } as const
    discardUnusedTokens(granted, { leased, request, monotonicMs: 0 }, ports)
    return found
  }
  const bobs = (refreshToken: string | null) =>
    storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob', refreshToken }) })

  test.each<[string, Case]>([
    ['where nothing is stored', {}],
    ['where nothing was stored before either', { sentWith: null }],
    ['after a sign-out', { latest: storedRecord({ sessionId: 'over', credentials: null }) }],
    ['during a login of another user', { latest: bobs('of-bob') }],
    ['during such a login without a refresh token', { latest: bobs(null) }],
    ['without a refresh token, during such a login', { brought: { ...fresh, refreshToken: null }, latest: bobs(null) }],
    [
      'without a refresh token, of a session that had none, during such a login',
      { brought: { ...fresh, refreshToken: null }, sentWith: { ...former, refreshToken: null }, latest: bobs(null) },
    ],
    [
      'of another user than the session that goes on',
      { brought: { ...fresh, subject: 'bob' }, latest: storedRecord({ sessionId: 'main' }) },
    ],
  ])('are discarded %s', (_when, facts) => {
    const { brought = fresh } = facts
    const statement = { issuer: null, subject: brought.subject }
    const named = { ...brought, statedBy: { app: statement, idToken: statement, accessToken: statement } }
    expect(discarded({ ...facts, brought: named })).toEqual([named])
  })

  test.each<[string, Case]>([
    ['if the session goes on: the server may revoke the whole family', { latest: storedRecord({ sessionId: 'main' }) }],
    ['if the spent token is in use in another session', { latest: bobs('spent') }],
    ['if the fresh token is in use in another session', { latest: bobs('fresh') }],
    ['if the fresh token is in use in this page alone', { held: fresh }],
    ['if the fresh token is in use in this page, beside another login', { held: fresh, latest: bobs('of-bob') }],
  ])('are not discarded %s', (_when, facts) => {
    expect(discarded(facts)).toEqual([])
  })
})

test.each([
  ['refresh-rejected', true, true, null],
  ['refresh-rejected', true, false, credentialsOf()],
  ['expired', true, false, credentialsOf({ refreshToken: null })],
  ['expired', true, false, null],
  ['expired', true, false, undefined],
  ['expired', false, true, credentialsOf()],
] as const)(
  'A session whose credentials are rejected ends as %s: canRefresh %s, ambient %s, with %o',
  (reason, canRefresh, ambient, credentials) => {
    const ports = portsWith({}, { canRefresh: () => canRefresh, strategy: { ambient } })
    expect(reasonOf(credentials, ports)).toBe(reason)
  },
)
