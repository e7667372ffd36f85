import { describe, expect, test } from 'vitest'
import { readRecord } from '../../../src/session/read-record.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const said = (subject: string | null, issuer: string | null = null) => ({ issuer, subject })
const credentials = credentialsOf({
  statedBy: { app: said('alice'), idToken: said('00u1', 'https://id.test'), accessToken: said(null) },
  lifetimeMs: 60_000,
  sessionLifetimeMs: 3_600_000,
})
const lease = { id: 'lease', generation: 0, startedAt: 0, underLock: false, closed: true, attempts: 2 }
const revocationPending = {
  id: 'pending',
  subject: 'alice',
  sid: 'sid-1',
  authTime: 7,
  signedOutAt: 0,
  calledAt: 0,
  failed: true,
  repeated: true,
  leaseId: 'lease',
}
const full = storedRecord({ credentials, lease, revocationPending, failures: 0, retryAt: 0 })

const read = (members: object) => readRecord({ ...full, ...members }).record
const readCredentials = (members: object) => read({ credentials: { ...credentials, ...members } })?.credentials

test('Every member of a lease, of a pending sign-out and of who is named is read as it was written, zeros too', () => {
  expect(read({})).toEqual(full)
})

describe('what makes no record', () => {
  test.each([
    ['no revision', { revision: undefined }],
    ['an empty revision', { revision: '' }],
    ['a revision that is a number', { revision: 7 }],
    ['a session id that is a number', { sessionId: 7 }],
    ['no generation', { generation: undefined }],
    ['a fractional generation', { generation: 0.5 }],
    ['no credentials, not even null', { credentials: undefined }],
    ['credentials that are a text', { credentials: 'access' }],
  ])('A record with %s is none', (_, members) => {
    expect(readRecord({ ...full, ...members })).toMatchObject({ record: null, isNewer: false })
  })

  test('A version that is no whole number is not a newer one', () => {
    expect(readRecord({ ...full, version: 2.5 })).toEqual({ record: null, revision: full.revision, isNewer: false })
  })

  test.each([null, undefined, 7, 'text', []])('%j is no record, and has no revision', value => {
    expect(readRecord(value)).toEqual({ record: null, revision: null, isNewer: false })
  })
})

describe('a lease', () => {
  test.each(['id', 'generation', 'startedAt'])('A lease without `%s` is no lease', member => {
    expect(read({ lease: { ...lease, [member]: null } })).not.toHaveProperty('lease')
  })

  test.each([
    ['was taken without the lock unless it says `true`', { underLock: 'yes' }, { underLock: false }],
    ['is open unless it says `true`', { closed: 1 }, { closed: undefined }],
    ['has no number of attempts if that is below zero', { attempts: -1 }, { attempts: undefined }],
  ])('A lease %s', (_, members, expected) => {
    const { closed, attempts, ...always } = { ...lease, ...expected }
    expect(read({ lease: { ...lease, ...members } })?.lease).toEqual({
      ...always,
      ...(closed && { closed }),
      ...(attempts && { attempts }),
    })
  })
})

describe('a sign-out that the server may not know of', () => {
  test.each(['id', 'signedOutAt', 'calledAt'])('Without `%s` it is none', member => {
    const pending = { ...revocationPending, [member]: null }
    expect(read({ revocationPending: pending })).not.toHaveProperty('revocationPending')
  })

  test.each([
    ['subject', 7, null],
    ['failed', 'true', undefined],
    ['repeated', 1, undefined],
    ['leaseId', '', undefined],
  ])('A malformed `%s` is dropped, and the rest stays', (member, value, expected) => {
    const pending = read({ revocationPending: { ...revocationPending, [member]: value } })?.revocationPending
    expect(JSON.parse(JSON.stringify(pending))).toEqual(
      JSON.parse(JSON.stringify({ ...revocationPending, [member]: expected })),
    )
  })
})

describe('credentials', () => {
  test.each([
    ['the tokens of another tab, which have no age here', { accessToken: null, lifetimeMs: 0, tokensElsewhere: true }],
    ['a cookie session', { accessToken: null, refreshToken: null, lifetimeMs: null }],
    ['a login whose owner is unverified', { ownerUnverified: true }],
  ])('%s are read as they were written', (_, members) => {
    expect(readCredentials(members)).toEqual({ ...credentials, ...members })
  })

  test.each([
    ['tokensElsewhere', 'yes'],
    ['ownerUnverified', 1],
    ['keyThumbprint', ''],
    ['keyThumbprint', 7],
    ['audienceTokens', 5],
    ['audienceTokens', []],
    ['statedBy', 'alice'],
  ])('`%s: %j` is left out', (member, value) => {
    expect(readCredentials({ [member]: value })).toEqual({ ...credentials, [member]: undefined })
  })

  test('Without the time of their request, neither they nor the session have an age, and tokens elsewhere stay so', () => {
    const unknown = { sentAt: 0, sessionLifetimeMs: null }
    expect(readCredentials({ sentAt: 'now' })).toEqual({ ...credentials, ...unknown, lifetimeMs: null })
    expect(readCredentials({ sentAt: -1, lifetimeMs: null })).toEqual({ ...credentials, ...unknown, lifetimeMs: null })
    expect(readCredentials({ sentAt: null, lifetimeMs: 0 })).toEqual({ ...credentials, ...unknown, lifetimeMs: 0 })
  })

  test('Of the sources that name the user, each is read by itself', () => {
    const statedBy = { app: 'alice', idToken: { issuer: 7, subject: '00u1' }, accessToken: { subject: ['a'] } }
    expect(readCredentials({ statedBy })?.statedBy).toEqual({
      app: said(null),
      idToken: said('00u1'),
      accessToken: said(null),
    })
  })

  test('Of the tokens of other audiences, those that cannot be used are left out', () => {
    const usable = { accessToken: 'files-1', lifetimeMs: null, sentAt: 0 }
    const audienceTokens = {
      'urn:files': usable,
      'urn:none': null,
      'urn:no-time': { accessToken: 'x', lifetimeMs: null },
      'urn:no-token': { lifetimeMs: null, sentAt: 1 },
      'urn:no-header-carries-it': { ...usable, accessToken: 'a b' },
    }
    expect(readCredentials({ audienceTokens })?.audienceTokens).toEqual({ 'urn:files': usable })
  })
})

test.each(['signed-out', 'replaced', 'refresh-rejected', 'expired', 'misconfigured', 'key-lost'] as const)(
  'A session that ended with `%s` is read so',
  endedBy => {
    expect(read({ credentials: null, endedBy })?.endedBy).toBe(endedBy)
  },
)
