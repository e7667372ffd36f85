import { describe, expect, test } from 'vitest'
import { createPendingCalls } from '../../../src/refresh/pending-calls.ts'
import type { RevocationPending } from '../../../src/session/session-store.ts'
import type { SyncedStore } from '../../../src/session/synced-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { pendingOf } from '../../support/revocation-rig.ts'
import { storedRecord } from '../../support/session-records.ts'

/** `signOut`: of another page, in the record. Each further look at the store finds what `looks` has next. */
const start = (signOut?: Partial<RevocationPending>, looks: readonly (Partial<RevocationPending> | null)[] = []) => {
  const clock = createControlledClock()
  const recordOf = (more: Partial<RevocationPending> | null | undefined) =>
    storedRecord({
      credentials: null,
      revocationPending: more ? pendingOf({ calledAt: clock.wallMs(), failed: false, ...more }) : undefined,
    })
  const records = { latest: recordOf(signOut) }
  const found = [...looks]
  let read = 0
  const reread = async () => {
    read += 1
    const next = found.shift()
    if (next !== undefined) records.latest = recordOf(next)
  }
  const pending = createPendingCalls(clock, 10_000, { records: records as unknown as SyncedStore, reread })
  /** Whether a login may be sent by now. */
  const watch = () => {
    const seen = { isOver: false }
    void pending.whenSettled()?.then(() => {
      seen.isOver = true
    })
    return seen
  }
  return { clock, pending, watch, looks: () => read }
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

describe('a sign-out call of another page', () => {
  test('is waited for until the record no longer says that it is under way', async () => {
    const { clock, watch, looks } = start({}, [{}, null])
    const seen = watch()
    await clock.advance(499)
    expect([seen.isOver, looks()]).toEqual([false, 1])
    await clock.advance(1)
    expect([seen.isOver, looks(), clock.pendingTimers]).toEqual([true, 2, 0])
  })

  test('is waited for until 5 s after it began', async () => {
    const { clock, watch } = start({})
    const seen = watch()
    await clock.advance(4999)
    expect(seen.isOver).toBe(false)
    await clock.advance(1)
    expect(seen.isOver).toBe(true)
  })

  test.each([
    ['failed before it could count as hanging', { failed: true }, 3999],
    ['began 5 s ago', {}, 5000],
    ['begins in the future, by a clock that was set back', {}, -1],
  ])('is not waited for if it %s', (_, more, agoMs) => {
    const { clock, pending } = start({})
    const now = clock.wallMs()
    const other = start({ ...more, calledAt: now - agoMs })
    expect([pending.whenSettled() === undefined, other.pending.whenSettled()]).toEqual([false, undefined])
  })

  test('that hangs is waited for although it counts as failed', () => {
    const { clock } = start()
    const { pending } = start({ failed: true, calledAt: clock.wallMs() - 4000 })
    expect(pending.whenSettled()).toBeInstanceOf(Promise)
  })

  test('is looked for once memory is up to date', async () => {
    const { clock, pending, looks } = start()
    const syncing = createDeferred()
    let isOver = false
    void pending.whenSettled(syncing.promise)?.then(() => {
      isOver = true
    })
    await clock.settle()
    expect(isOver).toBe(false)
    syncing.resolve()
    await clock.settle()
    expect([isOver, looks()]).toEqual([true, 0])
  })

  test('is looked for only so often: a clock that stands still holds up no login', async () => {
    const { clock, watch, looks } = start(
      {},
      Array.from({ length: 40 }, () => ({})),
    )
    const seen = watch()
    await clock.advance(5000)
    expect([seen.isOver, looks()]).toEqual([true, 20])
  })
})
