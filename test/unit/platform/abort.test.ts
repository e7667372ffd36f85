import { describe, expect, test, vi } from 'vitest'
import { unlessAborted } from '../../../src/platform/abort.ts'
import { createDeferred } from '../../support/deferred.ts'
import { openDialog } from '../../support/dialog.ts'
import { stageOrigin } from '../../support/stage.ts'

/** A signal of which the test knows who listens. */
const createWatchedSignal = () => {
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    listeners.add(args[1])
    add(...args)
  }) as typeof add
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    listeners.delete(args[1])
    remove(...args)
  }) as typeof remove
  return { controller, signal, listeners }
}

describe('waiting that an abort ends', () => {
  test.each([
    ['resolves', (deferred: ReturnType<typeof createDeferred<number>>) => deferred.resolve(1)],
    ['rejects', (deferred: ReturnType<typeof createDeferred<number>>) => deferred.reject(new Error('no'))],
  ])('leaves no listener once the promise %s', async (_, settle) => {
    const { signal, listeners } = createWatchedSignal()
    const deferred = createDeferred<number>()
    const waits = [1, 2, 3].map(() => unlessAborted(deferred.promise, signal))
    expect(listeners.size).toBe(3)
    settle(deferred)
    await Promise.allSettled(waits)
    expect(listeners.size).toBe(0)
  })

  test('leaves nothing at all once it is aborted, however long the promise stays open', async () => {
    const open = createDeferred<number>()
    const reactions = vi.spyOn(open.promise, 'then')
    for (let waiter = 0; waiter < 100; waiter += 1) {
      const { controller, signal, listeners } = createWatchedSignal()
      const waiting = unlessAborted(open.promise, signal)
      const left = new Error('left')
      controller.abort(left)
      await expect(waiting).rejects.toBe(left)
      expect(listeners.size).toBe(0)
    }
    // Reactions cannot be taken back: a hundred who left have one together.
    expect(reactions).toHaveBeenCalledTimes(1)
    const stays = unlessAborted(open.promise, new AbortController().signal)
    open.resolve(5)
    expect(await stays).toBe(5)
  })

  test('of a promise that has settled resolves with its value', async () => {
    const { signal } = new AbortController()
    const settled = Promise.resolve(1)
    expect([await unlessAborted(settled, signal), await unlessAborted(settled, signal)]).toEqual([1, 1])
  })

  test('with an aborted signal rejects at once, and a later rejection of the promise is not unhandled', async () => {
    const left = new Error('left')
    await expect(unlessAborted(Promise.reject(new Error('other')), AbortSignal.abort(left))).rejects.toBe(left)
  })

  test('without a signal is the promise itself', () => {
    const promise = Promise.resolve(1)
    expect(unlessAborted(promise, null)).toBe(promise)
  })
})

test('a request that was aborted while a dialog is open leaves no listener on its signal', async () => {
  const stage = await openDialog()
  const first = stage.client.fetch(`${stageOrigin}/first`)
  first.catch(() => {})
  await stage.clock.settle()
  const { controller, signal, listeners } = createWatchedSignal()
  const waiting = stage.client.fetch(`${stageOrigin}/form`, { signal })
  waiting.catch(() => {})
  await stage.clock.settle()
  expect(listeners.size).toBeGreaterThan(0)
  controller.abort(new Error('left'))
  await expect(waiting).rejects.toThrow('left')
  expect(listeners.size).toBe(0)
  await stage.answerDialog(null)
  await first.catch(() => {})
})
