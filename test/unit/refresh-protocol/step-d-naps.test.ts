import { describe, expect, test } from 'vitest'
import { createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { createTestLock } from '../../support/test-lock.ts'

/** The refresh is leased under the lock; what the store answers to that is held back. */
const startLeased = async () => {
  const lock = createTestLock()
  const rig = await createSignedInRig({ lock })
  const held = rig.store.hold('compareAndSet', 'before')
  const { outcome } = rig.refresher.start('rejected')
  await held.reached
  expect(rig.stored().lease).toMatchObject({ underLock: true })
  return { ...rig, lock, held, outcome }
}

describe('step d: a sleep too short for the clocks, between the lease and the send', () => {
  test('in which the engine took the lock: the page reads again, and leases without it', async () => {
    const { clock, wake, lock, held, calls, stored } = await startLeased()
    wake.sleep()
    lock.lose()
    wake.wake()
    held.open()
    await clock.settle()
    expect([calls.length, stored().lease?.underLock]).toEqual([1, false])
  })

  test('in which another tab got the lock, and leased: the page does not send as well', async () => {
    const { store, clock, wake, held, calls, stored } = await startLeased()
    wake.sleep()
    wake.wake()
    const lease = { id: 'of-another-tab', generation: 0, startedAt: clock.wallMs(), underLock: true }
    store.content = { ...stored(), revision: 'r', lease }
    held.open()
    await clock.advance(5000)
    expect(calls).toEqual([])
  })

  test('in which nothing happened costs only another lease', async () => {
    const { clock, wake, held, call, calls, outcome } = await startLeased()
    wake.sleep()
    wake.wake()
    held.open()
    await clock.settle()
    call().answer.resolve(newerTokens)
    expect([(await outcome).kind, calls.length, wake.size]).toEqual(['refreshed', 1, 0])
  })
})

describe('step d: a page that is put to sleep', () => {
  test('in the middle of its turn finishes it: a refresh that is under way is not given up', async () => {
    const lock = createTestLock()
    const rig = await createSignedInRig({ lock })
    const { outcome } = rig.refresher.start('rejected')
    await rig.clock.settle()
    rig.wake.sleep()
    await rig.clock.settle()
    expect(lock.isHeld).toBe(true)
    rig.call().answer.resolve({ accessToken: 'access-2' })
    expect((await outcome).kind).toBe('refreshed')
    expect(lock.isHeld).toBe(false)
  })
})
