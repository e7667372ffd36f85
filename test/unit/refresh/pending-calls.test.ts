import { describe, expect, test } from 'vitest'
import { createPendingCalls } from '../../../src/refresh/revocation.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'

const start = () => {
  const clock = createControlledClock()
  const pending = createPendingCalls(clock, 10_000)
  /** Whether a login may be sent by now. */
  const watch = () => {
    const seen = { isOver: false }
    void pending.whenSettled()?.then(() => {
      seen.isOver = true
    })
    return seen
  }
  return { clock, pending, watch }
}

describe('calls whose responses may change the cookie', () => {
  test('are none at first, and none once they are over, however they ended', async () => {
    const { clock, pending } = start()
    expect(pending.whenSettled()).toBeUndefined()
    const [one, other] = [createDeferred(), createDeferred()]
    pending.track(one.promise)
    pending.track(other.promise).catch(() => {})
    one.resolve()
    other.reject(new Error('lost'))
    await clock.settle()
    expect(pending.whenSettled()).toBeUndefined()
  })

  test('are passed on as they are', async () => {
    const { pending } = start()
    const call = Promise.resolve('heard')
    expect(pending.track(call)).toBe(call)
  })

  test('are waited for until the last is over, also one that began during the wait', async () => {
    const { clock, pending, watch } = start()
    const [first, second] = [createDeferred(), createDeferred()]
    pending.track(first.promise)
    const seen = watch()
    pending.track(second.promise).catch(() => {})
    first.resolve()
    await clock.settle()
    expect(seen.isOver).toBe(false)
    second.reject(new Error('lost'))
    await clock.settle()
    expect(seen.isOver).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('are waited for no longer than they may take', async () => {
    const { clock, pending, watch } = start()
    pending.track(createDeferred().promise)
    const seen = watch()
    await clock.advance(9999)
    expect(seen.isOver).toBe(false)
    await clock.advance(1)
    expect(seen.isOver).toBe(true)
  })
})
