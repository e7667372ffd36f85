import { isTimeoutError, TimeoutError } from 'ky'
import { beforeEach, describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { begin, holdRefresh, pass, sent, silent, startTimed, takeTimers } from '../../support/ky-timers.ts'
import { createStage, outcomeOf, refusal, type Stage, type StageOptions } from '../../support/stage.ts'

beforeEach(takeTimers)

test('ky’s timeout bounds the first send', async () => {
  const stage = await startTimed()
  stage.answer(silent)
  const answer = begin(stage.client.get('a'))
  await pass(9_999)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  await pass(1)
  const error = await outcomeOf(answer, stage.clock)
  expect(isTimeoutError(error) && error.request.url).toBe('https://api.test/a')
  expect([sent(stage), stage.refreshes.length]).toEqual([['access-1'], 0])
})

test('a wait for the refresh after a 401 that is longer than the timeout passes', async () => {
  const stage = await startTimed()
  const gate = holdRefresh(stage)
  const answer = begin(stage.client.get('a'))
  await pass(3_600_000)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  gate.resolve()
  expect((await answer).status).toBe(200)
  expect(sent(stage)).toEqual(['access-1', 'access-2'])
})

test('a wait before the first send that is longer than the timeout passes', async () => {
  const stage = await startTimed({ lifetimeSeconds: 100 })
  await stage.clock.advance(200_000)
  const gate = holdRefresh(stage)
  const answer = begin(stage.client.get('a'))
  await pass(3_600_000)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  gate.resolve()
  expect((await answer).status).toBe(200)
  expect(sent(stage)).toEqual(['access-2'])
})

test('a login dialog may stay open for an hour without a ky timeout', async () => {
  const dialog = createDeferred<{ accessToken: string; subject: string }>()
  const stage = createStage({ timeout: 10_000, reauthenticate: () => dialog.promise })
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  stage.refresh(async () => null)
  const answer = begin(stage.client.get('a'))
  await pass(3_600_000)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  dialog.resolve({ ...stage.issue(), subject: 'alice' })
  expect((await answer).status).toBe(200)
})

test('the replay has a timeout of its own, counted from when it is sent', async () => {
  const stage = await startTimed()
  const gate = holdRefresh(stage)
  const answer = begin(stage.client.get('a'))
  await pass(60_000)
  stage.answer(silent)
  gate.resolve()
  await pass(9_999)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  await pass(1)
  expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
  expect(sent(stage)).toEqual(['access-1', 'access-2'])
})

test('a replay that timed out is aborted on the network', async () => {
  const stage = await startTimed()
  const signals: AbortSignal[] = []
  stage.answer((send, request) => {
    signals.push(request.signal)
    return send.token === 'access-1' ? refusal() : silent(send, request)
  })
  const answer = begin(stage.client.get('a'))
  await pass(10_000)
  expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
})

test('a first send after a wait has a timeout of its own', async () => {
  const stage = await startTimed({ lifetimeSeconds: 100 })
  await stage.clock.advance(200_000)
  const gate = holdRefresh(stage)
  stage.answer(silent)
  const answer = begin(stage.client.get('a'))
  await pass(60_000)
  gate.resolve()
  await pass(9_999)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  await pass(1)
  expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
})

test('a replay that need not wait, its token being there already, has a timeout of its own', async () => {
  const stage = await startTimed()
  const [first, second] = [createDeferred<Response>(), createDeferred<Response>()]
  stage.answer(({ token }) => (token === 'access-1' ? first.promise : second.promise))
  const answer = begin(stage.client.get('a'))
  await stage.client.session.refresh()
  await pass(8_000)
  first.resolve(refusal())
  await pass(8_000)
  second.resolve(new Response('late, but not too late'))
  expect(await (await answer).text()).toBe('late, but not too late')
})

describe.each([10_000, false] as const)('with `timeout: %s` totalTimeout bounds all of it', timeout => {
  test.each<[string, StageOptions, (stage: Stage) => Promise<unknown>, sends: number]>([
    ['the wait after a 401', {}, async stage => holdRefresh(stage), 1],
    [
      'the wait before the first send',
      { lifetimeSeconds: 100 },
      async stage => {
        await stage.clock.advance(200_000)
        holdRefresh(stage)
      },
      0,
    ],
    [
      'the wait for a person',
      { reauthenticate: () => new Promise(() => {}) },
      async stage => {
        stage.refuseAll()
        stage.refresh(async () => null)
      },
      1,
    ],
    ['the first send', {}, async stage => stage.answer(silent), 1],
  ])('%s, and nothing is sent after it', async (_, options, arrange, sends) => {
    const stage = await startTimed(options)
    await arrange(stage)
    const answer = begin(stage.client.get('a', { timeout, totalTimeout: 5_000 }))
    await pass(4_999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    await pass(1)
    const error = await outcomeOf(answer, stage.clock)
    expect(isTimeoutError(error) && error.request.url).toBe('https://api.test/a')
    await pass(60_000)
    expect(sent(stage)).toHaveLength(sends)
  })

  test('the refresh continues, and nothing is sent when it ends', async () => {
    const stage = await startTimed()
    const gate = holdRefresh(stage)
    const answer = begin(stage.client.get('a', { totalTimeout: 5_000 }))
    await pass(5_000)
    expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
    gate.resolve()
    await stage.clock.settle()
    expect(sent(stage)).toEqual(['access-1'])
    expect((await stage.client.get('b')).status).toBe(200)
    expect(sent(stage)).toEqual(['access-1', 'access-2'])
  })

  test('the replay gets what is left of it', async () => {
    const stage = await startTimed()
    const gate = holdRefresh(stage)
    const answer = begin(stage.client.get('a', { totalTimeout: 12_000 }))
    await pass(8_000)
    stage.answer(silent)
    gate.resolve()
    await pass(3_999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    await pass(1)
    expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
  })

  test('it counts over ky’s own retries', async () => {
    const stage = await startTimed({ retry: { limit: 2, delay: () => 1_000 } })
    let count = 0
    stage.answer(() => {
      count += 1
      return count < 3 ? new Response('down', { status: 503 }) : refusal()
    })
    stage.refresh(() => new Promise(() => {}))
    const answer = begin(stage.client.get('a', { timeout, totalTimeout: 5_000 }))
    await pass(4_999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    expect([count, stage.refreshes.length]).toEqual([3, 1])
    await pass(1)
    expect(await outcomeOf(answer, stage.clock)).toBeInstanceOf(TimeoutError)
  })
})

test('with `timeout: false` nothing ends a send or a wait', async () => {
  const stage = await startTimed({ timeout: false })
  const gate = holdRefresh(stage)
  const answer = begin(stage.client.get('a'))
  await pass(3_600_000)
  const late = createDeferred<Response>()
  stage.answer(() => late.promise)
  gate.resolve()
  await pass(3_600_000)
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  late.resolve(new Response('at last'))
  expect(await (await answer).text()).toBe('at last')
})
