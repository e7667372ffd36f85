import ky, { isTimeoutError } from 'ky'
import { beforeEach, expect, test } from 'vitest'
import { begin, pass, takeTimers } from '../../support/ky-timers.ts'

/**
 * What src/client/ky-timeouts.ts leans on is no promise of ky's: `fetch(…).then(resolve).catch(reject).then(clear)`. Were
 * one of these to fail with a newer ky, its `timeout` would bound the wait for a refresh too: look there before raising it.
 */
beforeEach(takeTimers)

/** ky's timer, as it sees a `fetch` whose promise settles in two steps. */
const callThrough = (answer: Promise<Response>, seen: unknown[] = []) => {
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: what is pinned
    then(...callbacks: readonly ((value: unknown) => void)[]) {
      seen.push(callbacks.length)
      callbacks[0]?.(answer)
      return Promise.resolve()
    },
  }
  return begin(ky.get('https://api.test/', { fetch: () => thenable as Promise<Response>, timeout: 1_000, retry: 0 }))
}

test('ky resolves with what the `then` of its fetch passes on, and clears its timer when that `then` has ended', async () => {
  let arrive: (response: Response) => void = () => {}
  const seen: unknown[] = []
  const answer = callThrough(new Promise(resolve => (arrive = resolve)), seen)
  await pass(3_600_000)
  arrive(new Response('late, but not too late'))
  expect(await (await answer).text()).toBe('late, but not too late')
  // Once, with one callback: a rejection goes by the promise that `then` gave.
  expect(seen).toEqual([1])
})

test('ky rejects with what is passed on', async () => {
  let fail: (error: Error) => void = () => {}
  const answer = callThrough(new Promise((_, reject) => (fail = reject)))
  await pass(3_600_000)
  const error = new Error('this one')
  fail(error)
  await expect(answer).rejects.toBe(error)
})

test('ky’s timer runs until that `then` has ended', async () => {
  const fetch = () => new Promise<Response>(() => {})
  const answer = begin(ky.get('https://api.test/', { fetch, timeout: 1_000, retry: 0 }))
  await pass(1_000)
  expect(isTimeoutError(await answer.catch((error: unknown) => error))).toBe(true)
})
