import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRecord } from '../../../src/session/read-record.ts'
import { brokenRecords } from '../../support/broken-records.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

/** Every member there is. */
const full = storedRecord({
  generation: 3,
  credentials: credentialsOf({
    idToken: 'id-1',
    tokenType: 'Bearer',
    scope: 'read write',
    claims: { sub: 'alice' },
    lifetimeMs: 60_000,
    sessionLifetimeMs: 3_600_000,
    keyThumbprint: 'thumbprint',
    audienceTokens: { 'urn:files': { accessToken: 'files-1', lifetimeMs: 60_000, sentAt: Date.UTC(2026, 0, 1) } },
  }),
  lease: { id: 'lease', generation: 3, startedAt: Date.UTC(2026, 0, 1), underLock: true, closed: true },
  retryAt: Date.UTC(2026, 0, 1),
  failures: 2,
  rejected: true,
  refreshCounts: { started: [1, 2], unhelpful: [3] },
})
const { credentials } = full
const without = (member: string, value: object) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== member))

test('A record that this library wrote is read as it was written, with what a later release added', () => {
  const written = { ...full, later: { of: 'the same version' } }
  expect(readRecord(written)).toEqual({ record: written, revision: full.revision, isNewer: false })
  const pending = { id: 'pending', subject: 'alice', sid: 7, signedOutAt: 1, calledAt: 2, failed: true }
  expect(
    readRecord({ ...full, credentials: null, endedBy: 'signed-out', revocationPending: pending }).record,
  ).toMatchObject({
    credentials: null,
    endedBy: 'signed-out',
    revocationPending: pending,
  })
})

test.each([3, 99])('A record of version %i is one of a newer release, whatever else it holds', version => {
  expect(readRecord({ version, revision: 'newest' })).toEqual({ record: null, revision: 'newest', isNewer: true })
})

test.each([
  ['a version of the preview', { ...full, version: 1 }],
  ['a fractional version', { ...full, version: 1.5 }],
  ['a version without a revision', { version: 3 }],
  ['a generation that cannot be counted on', { ...full, generation: 1e300 }],
  ['an empty session id', { ...full, sessionId: '' }],
  ['a list of credentials', { ...full, credentials: [] }],
])('SG-03: %s makes no record', (_name, value) => {
  expect(readRecord(value)).toMatchObject({ record: null, isNewer: false })
})

describe('SG-03: of a record, what is malformed is dropped and the rest stays', () => {
  test.each<readonly [name: string, members: object]>([
    ['lease: 5', { lease: 5 }],
    ['lease: {}', { lease: {} }],
    ['a lease without a time', { lease: { id: 'x', generation: 1, underLock: true } }],
    ['failures: a text', { failures: 'x' }],
    ['failures below zero', { failures: -1 }],
    ['half a failure', { failures: 1.5 }],
    ['retryAt: a text', { retryAt: '2026' }],
    ['endedBy: markup', { endedBy: '<img>' }],
    ['endedBy: a list', { endedBy: ['expired'] }],
    ['endedBy: a name that every object has', { endedBy: 'toString' }],
    ['revocationPending: 1', { revocationPending: 1 }],
    ['revocationPending without a time', { revocationPending: { subject: 'alice', signedOutAt: 1 } }],
    ['rejected: "no"', { rejected: 'no' }],
    ['refreshCounts: 5', { refreshCounts: 5 }],
  ])('%s', (_name, members) => {
    const [name = ''] = Object.keys(members)
    expect(readRecord({ ...full, ...members }).record).toEqual(without(name, full))
  })

  test('counts that are no lists of times', () => {
    const [garbage, times] = [{ of: 'no list' }, [1, 'x', null, -1]]
    const countsOf = (refreshCounts: object) => readRecord({ ...full, refreshCounts }).record?.refreshCounts
    expect(countsOf({ started: null, helpful: garbage, unhelpful: times })).toEqual({
      started: [],
      helpful: [],
      unhelpful: [1],
    })
    expect(countsOf({ started: times, helpful: times, unhelpful: garbage })).toEqual({
      started: [1],
      helpful: [1],
      unhelpful: [],
    })
  })

  test('counts too long to be handled', () => {
    const begun = Array.from({ length: 200_000 }, (_, index) => index)
    expect(
      readRecord({ ...full, refreshCounts: { started: begun, unhelpful: [] } }).record?.refreshCounts?.started,
    ).toHaveLength(100)
  })

  test.each<readonly [name: string, members: object, read: object]>([
    ['scope', { scope: ['a'] }, { scope: null }],
    ['claims', { claims: 'x' }, { claims: null }],
    ['subject', { subject: 7 }, { subject: null }],
    ['lifetimeMs', { lifetimeMs: '60' }, { lifetimeMs: null }],
    ['sentAt', { sentAt: null }, { sentAt: 0, lifetimeMs: null, sessionLifetimeMs: null }],
    ['refreshToken', { refreshToken: {} }, { refreshToken: null }],
    ['an access token that no header can carry', { accessToken: 'a\nb' }, { accessToken: null, lifetimeMs: 0 }],
    ['an access token, which is fetched anew', { accessToken: {} }, { accessToken: null, lifetimeMs: 0 }],
  ])('credentials: %s', (_name, members, read) => {
    const found = readRecord({ ...full, credentials: { ...credentials, ...members } }).record
    expect(found?.credentials).toEqual({ ...credentials, ...read })
  })

  test.each([
    ['neither token can be used', { ...credentials, accessToken: 5, refreshToken: 5 }],
    ['there are none', {}],
  ])('credentials of which %s are none', (_name, value) => {
    expect(readRecord({ ...full, credentials: value }).record).toMatchObject({ credentials: null })
  })

  test('a token of another audience that cannot be used', () => {
    const others = {
      ...credentials?.audienceTokens,
      'urn:a': null,
      'urn:b': { accessToken: 'x' },
      'urn:c': { sentAt: 1 },
    }
    const found = readRecord({ ...full, credentials: { ...credentials, audienceTokens: others } }).record
    expect(found?.credentials?.audienceTokens).toEqual(credentials?.audienceTokens)
  })
})

test('SG-03: any change to a good record is read without an error, and reading is done in one go', () => {
  fc.assert(
    fc.property(brokenRecords(full), value => {
      const { record } = readRecord(value)
      expect(readRecord(record).record).toEqual(record)
    }),
    { numRuns: 1000 },
  )
})
