import { describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../../src/refresh/refresh-ports.ts'
import type { ControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { type RejectedIn, rejectRequest } from '../../support/rejected-request.ts'
import { createRequestRig, flightOf, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const awaited = credentialsOf({ accessToken: 'awaited' })
const newer = { ...signedIn, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) }
const reject = (given: RejectedIn = {}, changes: Parameters<typeof rejectRequest>[0] = {}) =>
  rejectRequest({ isReplay: true, awaitedCredentials: awaited, ...changes }, given)
const refused = () => new Response('refused', { status: 401 })
const unhelpful = [['noteReplay', 'GET https://api.test/a', awaited, true]]

describe('A rejected replay whose token has been replaced', () => {
  test('is sent again, for the last time, and counts against no refresh', async () => {
    const elsewhere = vi.fn()
    const { isReleased, context, ...rest } = await reject({ elsewhere, since: { state: newer } })
    expect(rest).toMatchObject({ end: 'sent again', told: [], steps: ['rejected', 'replayed'] })
    expect(isReleased).toBe(true)
    expect(context).toMatchObject({ isReplay: true, isSecondReplay: true, awaitedCredentials: newer.credentials })
    expect(elsewhere).not.toHaveBeenCalled()
  })
  test('waits for a refresh if the newer token may not be sent either', async () => {
    const outcome = createDeferred<Outcome>()
    const rig = createRequestRig()
    const sent = rig.sent({ isReplay: true })
    Object.assign(rig.around, { state: newer, running: flightOf(outcome.promise) })
    const handled = rig.afterResponse(sent, refused())
    rig.around.running = null
    outcome.resolve({ kind: 'refreshed' })
    expect(await handled).toBeNull()
    expect(rig.steps()).toEqual(['rejected', 'waiting for refresh', 'replayed'])
  })
  test('is returned if that refresh has not ended', async () => {
    const running = flightOf({ kind: 'refreshed' })
    expect(await reject({ since: { state: newer, running } })).toMatchObject({ end: 'returned', isReleased: false })
  })
  test('is returned if its session has no token for its origin any more', async () => {
    const bare = { ...newer, credentials: credentialsOf({ accessToken: null }) }
    expect(await reject({ since: { state: bare } })).toMatchObject({ end: 'returned', isReleased: false })
    const ofFiles = { 'urn:files': { accessToken: 'of-files', lifetimeMs: null, sentAt: 0 } }
    const former = { ...signedIn, credentials: credentialsOf({ audienceTokens: ofFiles as never }) }
    const ports = { strategy: { audienceOf: () => 'urn:files' } }
    expect((await reject({ ports, state: former, since: { state: newer } })).end).toBe('returned')
    const next = { 'urn:files': { ...ofFiles['urn:files'], accessToken: 'newer' } }
    const renewed = { ...newer, credentials: credentialsOf({ audienceTokens: next as never }) }
    expect((await reject({ ports, state: former, since: { state: renewed } })).end).toBe('sent again')
  })
  test('is sent again where there has never been one: the cookie has changed', async () => {
    const cookie = { ...signedIn, credentials: credentialsOf({ accessToken: null }) }
    const renewed = { ...cookie, generation: 1, credentials: credentialsOf({ accessToken: null }) }
    expect((await reject({ state: cookie, since: { state: renewed } })).end).toBe('sent again')
  })
  test('is returned after the client was disposed of', async () => {
    const since = { state: newer, isDisposed: true }
    expect(await reject({ since })).toMatchObject({ end: 'returned', isReleased: false })
  })
  test('does not wait for one in the background', async () => {
    const running = flightOf(new Promise<never>(() => {}), false)
    expect((await reject({ since: { state: newer, running } })).end).toBe('sent again')
  })
  test.each([
    ['another session', { ...newer, sessionId: 'session-b' }],
    ['no session', signedOut],
  ])('is returned in %s', async (_, state) => {
    expect(await reject({ since: { state } })).toMatchObject({ end: 'returned', told: unhelpful, isReleased: false })
  })
})

describe('A rejected replay whose token is the newest here', () => {
  test('is returned, and its refresh has not helped', async () => {
    const { end, told, steps, isReleased } = await reject()
    expect([end, told, steps, isReleased]).toEqual(['returned', unhelpful, ['rejected', 'completed'], false])
  })
  test.each([true, false])('waits for the refresh under way, whether or not it blocks others (%s)', async blocks => {
    const rig = createRequestRig()
    const outcome = createDeferred<Outcome>()
    rig.around.running = flightOf(outcome.promise, blocks)
    const handled = rig.afterResponse(rig.sent({ isReplay: true }), refused())
    Object.assign(rig.around, { state: newer, running: null })
    outcome.resolve({ kind: 'refreshed' })
    expect(await handled).toBeNull()
    expect(rig.told).toEqual([])
  })
  test('waits for it for two seconds: the caller may have the 401', async () => {
    const rig = createRequestRig({ running: flightOf(new Promise<never>(() => {}), false) })
    const clock = rig.ports.clock as ControlledClock
    const handled = rig.afterResponse(rig.sent({ isReplay: true }), refused())
    await clock.advance(2000)
    expect(await handled).toBeInstanceOf(Response)
  })
  test('is returned where that refresh brings nothing', async () => {
    const running = flightOf({ kind: 'adopted' })
    expect(await reject({ running })).toMatchObject({ end: 'returned', told: unhelpful, isReleased: false })
  })
  test('looks for what another tab has refreshed', async () => {
    const rig = createRequestRig()
    rig.around.elsewhere = async () => {
      rig.around.state = newer
    }
    expect(await rig.afterResponse(rig.sent({ isReplay: true }), refused())).toBeNull()
    expect(rig.steps()).toEqual(['rejected', 'waiting for refresh', 'replayed'])
  })
  test('is returned if that has brought nothing', async () => {
    expect(await reject({ elsewhere: async () => {} })).toMatchObject({ end: 'returned', told: unhelpful })
  })
})

test('A second replay that is rejected is returned, whatever has come since', async () => {
  const since = { state: newer, running: flightOf({ kind: 'refreshed' }) }
  expect(await reject({ since }, { isSecondReplay: true })).toMatchObject({ end: 'returned', told: unhelpful })
})
