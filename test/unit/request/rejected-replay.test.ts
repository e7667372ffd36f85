import { describe, expect, test } from 'vitest'
import { unavailable } from '../../../src/refresh/unavailable.ts'
import { createDeferred } from '../../support/deferred.ts'
import { type RejectedIn, rejectRequest } from '../../support/rejected-request.ts'
import { flightOf, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const awaited = credentialsOf({ accessToken: 'awaited' })
const newer = { ...signedIn, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) }
const reject = (given: RejectedIn = {}, changes: Parameters<typeof rejectRequest>[0] = {}) =>
  rejectRequest({ isReplay: true, awaitedCredentials: awaited, ...changes }, given)
const unhelpful = [['noteReplay', 'GET https://api.test/a', awaited, true]]
const joined = ['start', 'rejected', undefined]

describe('A rejected replay whose token has been replaced', () => {
  test('is sent again, for the last time, and counts against no refresh', async () => {
    const { isReleased, context, ...rest } = await reject({ since: { state: newer } })
    expect(rest).toMatchObject({ end: 'sent again', told: [], steps: ['rejected', 'replayed'] })
    expect(isReleased).toBe(true)
    expect(context).toMatchObject({ isReplay: true, isSecondReplay: true, awaitedCredentials: newer.credentials })
  })
  test('waits for a refresh if the newer token may not be sent either', async () => {
    const running = flightOf({ kind: 'refreshed' })
    expect(await reject({ since: { state: newer, running } })).toMatchObject({ end: 'sent again', told: [joined] })
  })
  test('does not wait for one in the background', async () => {
    const running = flightOf(new Promise<never>(() => {}), false)
    expect(await reject({ since: { state: newer, running } })).toMatchObject({ end: 'sent again', told: [] })
  })
  test.each([
    ['another session', { ...newer, sessionId: 'session-b' }],
    ['no session', signedOut],
  ])('is returned in %s', async (_, state) => {
    const since = { state, isRefreshingElsewhere: true }
    expect(await reject({ since })).toMatchObject({ end: 'returned', told: unhelpful, isReleased: false })
  })
})

describe('A rejected replay whose token is the newest here', () => {
  test('is returned, and its refresh has not helped', async () => {
    const { end, told, steps, isReleased } = await reject()
    expect([end, told, steps, isReleased]).toEqual(['returned', unhelpful, ['rejected', 'completed'], false])
  })
  test('waits for the refresh under way, with its response released first', async () => {
    const outcome = createDeferred<{ kind: 'refreshed' }>()
    const rejected = reject({ running: flightOf(outcome.promise, false), outcome: outcome.promise })
    outcome.resolve({ kind: 'refreshed' })
    const { isReleased, ...rest } = await rejected
    expect(rest).toMatchObject({
      end: 'sent again',
      told: [joined],
      steps: ['rejected', 'waiting for refresh', 'replayed'],
    })
    expect(isReleased).toBe(true)
  })
  test('looks into the store, and waits for another tab', async () => {
    const given = { syncing: Promise.resolve(), isRefreshingElsewhere: true }
    expect(await reject(given)).toMatchObject({
      end: 'sent again',
      told: [joined],
      steps: ['rejected', 'waiting for store', 'waiting for refresh', 'replayed'],
    })
  })
  test('does not look into the store where it knows of a refresh, or of a newer token', async () => {
    const syncing = new Promise<never>(() => {})
    expect((await reject({ syncing, running: flightOf({ kind: 'refreshed' }) })).end).toBe('sent again')
    expect((await reject({ syncing, since: { state: newer } })).end).toBe('sent again')
  })
  test('is returned where no refresh could begin, whatever another tab does', async () => {
    const given = { isRefreshingElsewhere: true, block: unavailable('backing-off', 1000, '') }
    expect(await reject(given)).toMatchObject({ end: 'returned', told: unhelpful })
  })
  test('rejects with what ended the refresh', async () => {
    const given = { isRefreshingElsewhere: true, outcome: unavailable('network', 1000, '') }
    expect((await reject(given)).end).toBe('refresh-unavailable: network')
  })
})

test('A second replay that is rejected is returned, whatever has come since', async () => {
  const since = { state: newer, running: flightOf({ kind: 'refreshed' }), isRefreshingElsewhere: true }
  expect(await reject({ since }, { isSecondReplay: true })).toMatchObject({ end: 'returned', told: unhelpful })
})
