import ky, { HTTPError, isHTTPError, isTimeoutError, TimeoutError } from 'ky'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { begin, endless, pass, sent, silent, startTimed, takeTimers } from '../../support/ky-timers.ts'
import { outcomeOf, refusal, type StageOptions } from '../../support/stage.ts'

beforeEach(takeTimers)

describe.each(['at once', 'after a refresh'])('a response that came %s', when => {
  /** The answer's headers have come, after a wait or not. */
  const answered = async (status: number, more: StageOptions = {}) => {
    const stage = await startTimed(more)
    const api = endless(status)
    if (when === 'at once') stage.answer(api)
    else stage.answer((send, request) => (send.token === 'access-1' ? refusal() : api(send, request)))
    return stage
  }

  test('has its body read within the timeout, or ky ends the read', async () => {
    const stage = await answered(200)
    for (const read of ['json', 'text', 'blob', 'arrayBuffer'] as const) {
      const body = begin(stage.client.get('a')[read]())
      await pass(9_999)
      expect(await outcomeOf(body, stage.clock)).toBe('pending')
      await pass(1)
      expect(await outcomeOf(body, stage.clock)).toBeInstanceOf(TimeoutError)
    }
  })

  test('has the body of its error read within the timeout, and no longer', async () => {
    const stage = await answered(500)
    const answer = begin(stage.client.get('a'))
    await pass(9_999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    await pass(1)
    const error = await outcomeOf(answer, stage.clock)
    expect(isHTTPError(error) && [error.response.status, error.data]).toEqual([500, undefined])
  })

  test('has the network told when the read of its body is ended', async () => {
    const stage = await startTimed()
    const signals: AbortSignal[] = []
    stage.answer((send, request) => {
      signals.push(request.signal)
      return when !== 'at once' && send.token === 'access-1' ? refusal() : endless(200)(send, request)
    })
    const body = begin(stage.client.get('a').json())
    await pass(10_000)
    expect(await outcomeOf(body, stage.clock)).toBeInstanceOf(TimeoutError)
    expect(signals.at(-1)?.aborted).toBe(true)
  })

  test('leaves no timer behind', async () => {
    const stage = await answered(200)
    await stage.client.get('a', { totalTimeout: 60_000 })
    await stage.clock.settle()
    expect(vi.getTimerCount()).toBe(0)
  })
})

test.each(['timeout', 'totalTimeout'])('a %s that is too long for a timer is rejected, as by ky', async option => {
  const stage = await startTimed()
  await expect(stage.client.get('a', { [option]: 2 ** 31 })).rejects.toThrow(RangeError)
  await expect(ky.get('https://api.test/a', { [option]: 2 ** 31 })).rejects.toThrow(RangeError)
  expect(sent(stage)).toEqual([])
})

test.each(['first send', 'replay'])(
  'with retryOnTimeout ky sends again after a timeout of the %s, with the current token',
  async which => {
    const stage = await startTimed({ retry: { limit: 1, delay: () => 0, retryOnTimeout: true } })
    let count = 0
    stage.answer((send, request) => {
      count += 1
      if (which === 'replay' && send.token === 'access-1') return refusal()
      if (count === (which === 'replay' ? 2 : 1)) return silent(send, request)
      return new Response('fine')
    })
    const answer = begin(stage.client.get('a'))
    await pass(5_000)
    if (which === 'first send') await stage.client.session.refresh()
    await pass(5_001)
    expect(await (await answer).text()).toBe('fine')
    expect(sent(stage)).toEqual(which === 'replay' ? ['access-1', 'access-2', 'access-2'] : ['access-1', 'access-2'])
  },
)

test('the error of a timeout shows no token', async () => {
  const stage = await startTimed()
  stage.answer((send, request) => (send.token === 'access-1' ? refusal() : silent(send, request)))
  const answer = begin(stage.client.get('a', { headers: { 'x-mine': '1' } }))
  await pass(10_000)
  const error = await outcomeOf(answer, stage.clock)
  expect(isTimeoutError(error) && [...error.request.headers]).toEqual([['x-mine', '1']])
  expect(error).not.toBeInstanceOf(HTTPError)
})
