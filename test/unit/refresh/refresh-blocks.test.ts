import { afterEach, describe, expect, test, vi } from 'vitest'
import { createRefreshBlocks } from '../../../src/refresh/refresh-blocks.ts'
import type { Outcome, RefreshRequestPorts } from '../../../src/refresh/refresh-ports.ts'
import { type Unavailable, unavailable } from '../../../src/refresh/unavailable.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { goOffline } from '../../support/refresh-rig.ts'

afterEach(() => void vi.unstubAllGlobals())

const credentials = {} as StoredRecord['credentials']
const recordOf = (sessionId: string, generation: number, more: Partial<StoredRecord> = {}): Partial<StoredRecord> => ({
  sessionId,
  generation,
  credentials,
  ...more,
})

/** What keeps a page from a refresh, where the record says `retryAt`, and the circuit breaker is open for `openForMs`. */
const start = ({
  backoffMs = 0,
  openForMs = 0,
}: {
  readonly backoffMs?: number | null
  readonly openForMs?: number
} = {}) => {
  const clock = createControlledClock()
  const latest = backoffMs === null ? null : recordOf('of-alice', 1, { retryAt: clock.wallMs() + backoffMs })
  const records: { latest: Partial<StoredRecord> | null } = { latest }
  const session = { records }
  const circuitBreaker = { openForMs: () => openForMs }
  const blocks = createRefreshBlocks({ clock, session, circuitBreaker } as unknown as RefreshRequestPorts)
  return { clock, blocks, records }
}
const failed = (reason: Unavailable['reason'] = 'network', more: Partial<Unavailable> = {}): Unavailable =>
  ({ ...unavailable(reason, 1000, 'of the network'), next: 'unplanned', ...more }) as Unavailable

describe('why no token request may begin now', () => {
  test('nothing, if nothing is in the way', () => {
    expect(start().blocks.blockedBy()).toBeNull()
  })

  test('a backoff in the record, before all else', () => {
    const { blocks } = start({ backoffMs: 700, openForMs: 900 })
    expect(blocks.blockedBy()).toEqual(unavailable('backing-off', 700, ''))
  })

  test('an open circuit, which says what to look for', () => {
    const found = start({ openForMs: 900 }).blocks.blockedBy()
    expect(found).toMatchObject({ reason: 'circuit-open', retryAfterMs: 900, detail: expect.stringMatching(/\w/) })
  })

  test('no open circuit for the start of a page, only a backoff', () => {
    expect(start({ openForMs: 900 }).blocks.blockedBy(true)).toBeNull()
    expect(start({ backoffMs: 700 }).blocks.blockedBy(true)).toMatchObject({ reason: 'backing-off' })
  })

  test('a network that was missing, until its backoff ends or the browser reports one', async () => {
    const { clock, blocks } = start()
    goOffline()
    expect(blocks.blockedBy()).toBeNull()
    blocks.noteOutcome(failed('offline'))
    expect(blocks.blockedBy()).toMatchObject({ reason: 'offline', retryAfterMs: 1000 })
    goOffline(false)
    expect(blocks.blockedBy()).toBeNull()
    goOffline()
    await clock.advance(1000)
    expect(blocks.blockedBy()).toBeNull()
  })

  test('a network that is missing again, although a refresh has succeeded meanwhile: no failure explains it', () => {
    const { blocks } = start()
    goOffline()
    blocks.noteOutcome(failed('offline'))
    blocks.noteOutcome({ kind: 'refreshed' })
    expect(blocks.blockedBy()).toEqual(unavailable('offline', 1000, ''))
  })

  test('nothing, if there is no record yet', () => {
    expect(start({ backoffMs: null }).blocks.blockedBy()).toBeNull()
  })

  test('no missing network after a failure of another kind, but its backoff', () => {
    const { blocks } = start()
    goOffline()
    blocks.noteOutcome(failed('network'))
    expect(blocks.blockedBy()).toMatchObject({ reason: 'backing-off', retryAfterMs: 1000 })
  })

  test('the backoff of a failure of this page, though the record has lost it, or says the shorter one of another tab', async () => {
    const { blocks, clock, records } = start()
    blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
    records.latest = recordOf('of-alice', 1, { retryAt: clock.wallMs() + 2000 })
    await clock.advance(5000)
    expect(blocks.blockedBy()).toMatchObject({ reason: 'backing-off', retryAfterMs: 15_000 })
    await clock.advance(15_000)
    expect(blocks.blockedBy()).toBeNull()
  })

  test.each([
    ['newer tokens', recordOf('of-alice', 2)],
    ['another session', recordOf('of-bob', 1)],
  ])('no backoff of tokens that are no longer current, once there are %s', (_, record) => {
    const { blocks, records } = start()
    blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
    records.latest = record
    expect(blocks.blockedBy()).toBeNull()
  })

  test.each([
    ['there is no record any more', null],
    ['the record is of no user', recordOf('of-nobody', 0, { credentials: null })],
  ])('the backoff of a failure of this page, though %s', async (_, record) => {
    const { blocks, clock, records } = start()
    blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
    records.latest = record
    await clock.advance(5000)
    expect(blocks.blockedBy(true)).toMatchObject({ reason: 'backing-off', retryAfterMs: 15_000 })
    records.latest = recordOf('of-alice', 1)
    expect(blocks.blockedBy(true)).toMatchObject({ reason: 'backing-off', retryAfterMs: 15_000 })
  })

  test('the backoff of a failure of this page, though the record disappeared before the response came', () => {
    const { blocks, records } = start()
    expect(blocks.blockedBy()).toBeNull()
    records.latest = null
    blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
    records.latest = recordOf('of-alice', 1)
    expect(blocks.blockedBy()).toMatchObject({ reason: 'backing-off', retryAfterMs: 20_000 })
  })

  test('the backoff of a page that started without a record, until a user has signed in', () => {
    const { blocks, records } = start({ backoffMs: null })
    blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
    records.latest = recordOf('of-nobody', 0, { credentials: null })
    expect(blocks.blockedBy(true)).toMatchObject({ reason: 'backing-off', retryAfterMs: 20_000 })
    records.latest = recordOf('of-bob', 0)
    expect(blocks.blockedBy(true)).toBeNull()
    // Bob's session is another one, also once it is over.
    records.latest = null
    expect(blocks.blockedBy(true)).toBeNull()
  })

  test.each<Outcome>([{ kind: 'refreshed' }, { kind: 'rejected', reason: 'expired' }])(
    'no backoff after a refresh that ended with %o',
    outcome => {
      const { blocks } = start()
      blocks.noteOutcome(failed('status', { status: 503, retryAfterMs: 20_000 }))
      blocks.noteOutcome(outcome)
      expect(blocks.blockedBy()).toBeNull()
    },
  )

  test('no backoff after a failure without a network, once the browser reports one: nothing has reached the server', () => {
    const { blocks } = start()
    goOffline()
    blocks.noteOutcome(failed('offline', { retryAfterMs: 20_000 }))
    goOffline(false)
    expect(blocks.blockedBy()).toBeNull()
  })
})

describe('the cause of what a request is told', () => {
  test('is the last failure', () => {
    const { blocks } = start({ backoffMs: 700 })
    blocks.noteOutcome(failed('timeout'))
    blocks.noteOutcome(failed('status', { status: 503, detail: 'busy', retryAfterMs: 700 }))
    expect(blocks.blockedBy()).toMatchObject({
      reason: 'backing-off',
      retryAfterMs: 700,
      detail: 'after status 503: busy',
      cause: { code: 'refresh-unavailable', reason: 'status', status: 503 },
    })
  })

  test('is no failure that was not an attempt', () => {
    const { blocks } = start({ backoffMs: 700 })
    expect(blocks.noteOutcome(failed('store', { next: undefined }))).toBe(false)
    expect(blocks.blockedBy()?.cause).toBeUndefined()
  })

  test('stays the last failure after a refresh that made no attempt', () => {
    const { blocks } = start({ backoffMs: 700 })
    blocks.noteOutcome(failed('timeout'))
    blocks.noteOutcome(failed('store', { next: undefined }))
    expect(blocks.blockedBy()?.cause).toMatchObject({ reason: 'timeout' })
  })

  test.each<Outcome>([{ kind: 'refreshed' }, { kind: 'rejected', reason: 'expired' }])(
    'is none after a refresh that ended with %o',
    outcome => {
      const { blocks } = start({ backoffMs: 700 })
      expect(blocks.noteOutcome(failed())).toBe(true)
      expect(blocks.noteOutcome(outcome)).toBe(false)
      expect(blocks.blockedBy()).toEqual(unavailable('backing-off', 700, ''))
    },
  )

  test('is none for an open circuit, which no single failure explains', async () => {
    const { blocks, clock } = start({ openForMs: 900 })
    blocks.noteOutcome(failed())
    await clock.advance(1000)
    expect(blocks.blockedBy()).toMatchObject({ reason: 'circuit-open' })
    expect(blocks.blockedBy()?.cause).toBeUndefined()
  })
})
