import { isReplayable } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../../src/refresh/refresh-ports.ts'
import { unavailable } from '../../../src/refresh/unavailable.ts'
import { dialogOf, rejectRequest } from '../../support/rejected-request.ts'
import { createRequestRig, flightOf, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const target = { method: 'GET', url: 'https://api.test/a' }
const route = 'GET https://api.test/a'
const down = unavailable('backing-off', 1000, '')
const newer = { ...signedIn, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) }
const refreshing = [
  ['noteRequest', target],
  ['start', 'rejected', undefined],
]

describe('A 401 of the current token', () => {
  test('is released, refreshed and sent again', async () => {
    expect(await rejectRequest({ provedAnewFor: 'nonce' })).toMatchObject({
      end: 'sent again',
      told: refreshing,
      steps: ['rejected', 'waiting for refresh', 'replayed'],
      context: { isReplay: true, provedAnewFor: '', awaitedCredentials: signedIn.credentials, notRefreshed: null },
      isReleased: true,
    })
  })

  test('counts against the refresh that its first send has waited for', async () => {
    const { credentials } = newer
    expect((await rejectRequest({ awaitedCredentials: credentials })).told).toEqual([
      ['noteReplay', route, credentials, true],
      ...refreshing,
    ])
  })

  test.each<[string, Outcome, Partial<Surroundings>, string]>([
    ['is unavailable', unavailable('network', 1000, ''), {}, 'refresh-unavailable: network'],
    [
      'brings another user',
      { kind: 'superseded' },
      { state: { ...signedIn, sessionId: 'session-b' } },
      'session-ended: replaced',
    ],
  ])('rejects if the refresh %s', async (_, outcome, later, end) => {
    const rig = createRequestRig({ outcome })
    const response = new Response('refused', { status: 401 })
    const handled = rig.afterResponse(rig.sent(), response)
    Object.assign(rig.around, later)
    const [code, reason] = end.split(': ')
    await expect(handled).rejects.toMatchObject({ code, reason })
  })

  test.each(['keepalive', 'one-shot-body', 'replay-false'] as const)(
    'of a request that cannot be sent again (%s) is returned, marked and unread, and starts a refresh for others',
    async notReplayableReason => {
      const { response, ...rest } = await rejectRequest({ notReplayableReason })
      expect(rest).toMatchObject({
        end: 'returned',
        told: refreshing,
        steps: ['rejected', 'completed'],
        isReleased: false,
      })
      expect(isReplayable(response)).toBe(false)
    },
  )

  test('that is returned for another reason is not marked', async () => {
    const { end, response } = await rejectRequest({ isReplay: true })
    expect([end, isReplayable(response)]).toEqual(['returned', true])
  })

  test('joins the refresh that runs, though no other could begin', async () => {
    const running = flightOf({ kind: 'refreshed' })
    const closed = { ...createRequestRig().ports.circuitBreaker, allowsRefresh: () => false }
    expect(await rejectRequest({}, { running, block: down, ports: { circuitBreaker: closed } })).toMatchObject({
      end: 'sent again',
      told: refreshing,
    })
  })

  test('rejects at once, and is released, where no refresh can begin soon', async () => {
    expect(await rejectRequest({}, { block: down })).toMatchObject({
      end: 'refresh-unavailable: backing-off',
      told: [],
      steps: ['rejected'],
      isReleased: true,
    })
  })
  test('is returned there, if it cannot be sent again', async () => {
    expect(await rejectRequest({ notReplayableReason: 'keepalive' }, { block: down })).toMatchObject({
      end: 'returned',
      told: [],
      isReleased: false,
    })
  })
  test('ends the session there, if nothing could refresh it anyway', async () => {
    expect(await rejectRequest({}, { block: down, ports: { canRefresh: () => false } })).toMatchObject({
      told: refreshing,
    })
  })

  const breaker = (allows: boolean, openForMs: number) => {
    const allowsRefresh = vi.fn(() => allows)
    const circuitBreaker = { ...createRequestRig().ports.circuitBreaker, allowsRefresh, openForMs: () => openForMs }
    return { ports: { circuitBreaker }, allowsRefresh }
  }
  test.each([
    ['of this route', false, 0],
    ['of all routes', true, 1000],
  ])('is returned where refreshes %s have not helped, and says so', async (_, allows, openForMs) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { ports } = breaker(allows, openForMs)
    const rejected = await rejectRequest({}, { ports, block: down })
    expect(rejected).toMatchObject({
      end: 'returned',
      told: [],
      context: { notRefreshed: 'circuit-open' },
      isReleased: false,
    })
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(route))
  })
  test('is reported on the console once by each client', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { ports } = breaker(false, 0)
    for (const calls of [1, 2]) {
      const rig = createRequestRig({}, ports)
      for (const _ of [1, 2]) rig.afterResponse(rig.sent(), new Response(null, { status: 401 }))
      expect(warn).toHaveBeenCalledTimes(calls)
    }
  })
  test.each([
    ['good', false],
    ['expiring', false],
    ['expired', true],
  ] as const)(
    'asks the circuit breaker for its route, and says whether the token has expired: %s',
    async (age, expired) => {
      const { ports, allowsRefresh } = breaker(true, 0)
      await rejectRequest({}, { ports, age })
      expect(allowsRefresh.mock.calls).toEqual([[route, expired]])
    },
  )
})

describe('A late 401', () => {
  const since = { state: newer }
  test('of a token that was replaced is sent again without a refresh', async () => {
    expect(await rejectRequest({}, { since })).toMatchObject({
      end: 'sent again',
      told: [],
      steps: ['rejected', 'replayed'],
      context: { awaitedCredentials: null },
      isReleased: true,
    })
  })
  test('of a token that was replaced is returned if it cannot be sent again', async () => {
    expect(await rejectRequest({ notReplayableReason: 'keepalive' }, { since })).toMatchObject({
      end: 'returned',
      told: [],
    })
  })

  test.each<[string, Partial<Surroundings>]>([
    ['has expired, too', { age: 'expired' }],
    ['is being replaced after a rejection', { running: flightOf({ kind: 'refreshed' }) }],
    ['may be replaced by a login dialog', { reauthentication: dialogOf('signed-in') }],
  ])('waits where the newer token %s', async (_, changes) => {
    expect(await rejectRequest({}, { since: { ...since, ...changes } })).toMatchObject({
      end: 'sent again',
      told: refreshing,
    })
  })
  test.each<[string, Partial<Surroundings>]>([
    ['is only expiring', { age: 'expiring' }],
    ['is being replaced for its age', { running: flightOf({ kind: 'refreshed' }, false) }],
    ['is in use during a step-up', { reauthentication: dialogOf('signed-in', 'step-up') }],
  ])('does not wait where the newer token %s', async (_, changes) => {
    expect(await rejectRequest({}, { since: { ...since, ...changes } })).toMatchObject({ end: 'sent again', told: [] })
  })

  test.each([
    ['another user has signed in', { ...signedIn, sessionId: 'session-b' }],
    ['the user has signed out', signedOut],
    ['the user has signed out, and the session’s id stayed', { ...signedOut, sessionId: 'session-a' }],
  ])('is returned unread where %s', async (_, state) => {
    expect(await rejectRequest({}, { since: { state } })).toMatchObject({
      end: 'returned',
      told: [],
      isReleased: false,
    })
  })

  test('is judged by the token of its audience alone', async () => {
    const own = (files: string) => ({ 'urn:files': { accessToken: files, lifetimeMs: null, sentAt: 0 } })
    const stateWith = (accessToken: string, files: string) => ({
      ...signedIn,
      credentials: credentialsOf({ accessToken, audienceTokens: own(files) as never }),
    })
    const state = stateWith('own', 'of-files')
    const ports = { strategy: { audienceOf: () => 'urn:files' } }
    const of = (later: Surroundings['state']) => rejectRequest({}, { state, ports, since: { state: later } })
    expect(await of(stateWith('newer', 'of-files'))).toMatchObject({
      told: [
        ['noteRequest', target],
        ['start', 'rejected', 'urn:files'],
      ],
    })
    expect(await of(stateWith('own', 'newer'))).toMatchObject({ end: 'sent again', told: [] })
  })
})
