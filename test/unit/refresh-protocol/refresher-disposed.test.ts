import { describe, expect, test } from 'vitest'
import {
  createSignedInRig,
  goOffline,
  newerTokens,
  oauthError,
  statusError,
  watchOutcome,
} from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createTestLock } from '../../support/test-lock.ts'

describe('LF-07: disposed', () => {
  test('waiting requests reject at once; the refresh continues, and its tokens are kept', async () => {
    const { clock, refresher, call, stored } = await createSignedInRig()
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.settle()
    refresher.dispose()
    await clock.settle()
    expect([seen.outcome?.kind, refresher.flightOf()]).toEqual(['disposed', null])
    call().answer.resolve(newerTokens)
    await clock.settle()
    expect(stored()).toMatchObject({ generation: 1, credentials: newerTokens })
  })

  test('a rejection that comes then requires no login', async () => {
    const { clock, refresher, call, refusals } = await createSignedInRig({
      ports: { reauthenticate: async () => null },
    })
    refresher.start('rejected')
    await clock.settle()
    refresher.dispose()
    call().answer.reject(oauthError('invalid_grant'))
    await clock.settle()
    expect(refusals).toEqual([])
  })

  test('a failure after dispose() emits no event', async () => {
    const { clock, session, refresher, call } = await createSignedInRig()
    const failures: unknown[] = []
    session.listenersOf('refresh-failed').add(event => void failures.push(event))
    refresher.start('rejected')
    await clock.settle()
    refresher.dispose()
    call().answer.reject(statusError(503))
    await clock.settle()
    expect(failures).toEqual([])
  })

  test('a failure after dispose() starts no timer for another attempt', async () => {
    const { clock, refresher, call, calls } = await createSignedInRig()
    refresher.start('rejected')
    await clock.settle()
    refresher.dispose()
    call().answer.reject(statusError(503))
    await clock.settle()
    expect([calls.length, clock.pendingTimers]).toEqual([1, 0])
  })

  test('waiting for the network leaves no listener behind, and sends nothing once there is one', async () => {
    const store = createScriptedStore({ shared: false })
    const { clock, wake, refresher, call, calls } = await createSignedInRig({ store, ports: { whenOffline: 'wait' } })
    const before = wake.size
    goOffline()
    refresher.start('rejected')
    await clock.settle()
    call().answer.reject(new TypeError('Failed to fetch'))
    await clock.settle()
    refresher.dispose()
    await clock.settle()
    goOffline(false)
    wake.wake()
    await clock.settle()
    expect([wake.size, calls.length, clock.pendingTimers]).toEqual([before, 1, 0])
  })

  test('waiting for the lock leaves no listener and no timer behind', async () => {
    const lock = createTestLock()
    lock.takenByAnother()
    const { clock, wake, refresher } = await createSignedInRig({ lock })
    const before = wake.size
    refresher.start('rejected')
    await clock.settle()
    refresher.dispose()
    await clock.settle()
    expect([wake.size, clock.pendingTimers, lock.waiting]).toEqual([before, 0, 0])
  })

  test('a turn that fails (the store refuses to write) leaves no listener behind', async () => {
    const lock = createTestLock()
    const { clock, wake, store, refresher, call } = await createSignedInRig({ lock })
    const before = wake.size
    const flight = refresher.start('expiring')
    await clock.settle()
    store.fail('compareAndSet', { answers: false })
    call().answer.resolve(newerTokens)
    await clock.settle()
    expect(await flight.outcome).toMatchObject({ kind: 'unavailable', reason: 'store' })
    expect(wake.size).toBe(before)
  })

  test('asleep while waiting for the lock leaves no listener behind', async () => {
    const lock = createTestLock()
    lock.takenByAnother()
    const { clock, wake, refresher } = await createSignedInRig({ lock })
    const before = wake.size
    refresher.start('rejected')
    await clock.settle()
    wake.sleep()
    await clock.settle()
    refresher.dispose()
    await clock.settle()
    expect(wake.size).toBe(before)
  })

  test('a refresh that has not been sent by then is not sent', async () => {
    const lock = createTestLock()
    const free = lock.takenByAnother()
    const { clock, refresher, calls } = await createSignedInRig({ lock })
    refresher.start('rejected')
    await clock.settle()
    refresher.dispose()
    free()
    await clock.advance(5000)
    expect(calls).toEqual([])
  })

  test('a refresh that has not begun to read the record says so, and reads nothing', async () => {
    const { start, store } = await createSignedInRig({ ports: { isDisposed: () => true } })
    const { length } = store.calls
    expect(await start().done).toEqual({ kind: 'disposed' })
    expect(store.calls).toHaveLength(length)
  })
})

test('Used again, it keeps to the Retry-After of the refresh that went on, though the store has lost it', async () => {
  const rig = await createSignedInRig()
  const { clock, refresher, calls, call, store, stored } = rig
  refresher.start('rejected')
  await clock.settle()
  refresher.dispose()
  refresher.start('rejected')
  await clock.advance(1000)
  store.content = { ...stored(), revision: 'lost', lease: null }
  call().answer.reject(statusError(503, { 'retry-after': '20' }))
  await clock.advance(15_000)
  expect(calls).toHaveLength(1)
  refresher.start('rejected')
  await clock.advance(10_000)
  refresher.start('rejected')
  await clock.settle()
  expect(calls).toHaveLength(2)
})
