import { describe, expect, test, vi } from 'vitest'
import type { ResponseView } from '../../../src/request/response-view.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, stageOrigin } from '../../support/stage.ts'

/** A body whose end does not come until the test lets it. */
const createOpenBody = () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: opened => {
      controller = opened
    },
  })
  const write = (text: string) => controller?.enqueue(new TextEncoder().encode(text))
  return { body, write, end: () => controller?.close() }
}

const readsJson = () => {
  const read: unknown[] = []
  const shouldRefresh = async (answer: ResponseView) => {
    read.push(await answer.json())
    return undefined
  }
  return { read, shouldRefresh }
}

describe('shouldRefresh reads a body', () => {
  test.each([
    ['application/json', { code: 1 }],
    ['APPLICATION/JSON; charset=utf-8', { code: 1 }],
    ['application/problem+json', { code: 1 }],
    ['application/graphql-response+json;charset=utf-8', { code: 1 }],
    ['text/json', { code: 1 }],
    ['text/plain', undefined],
    ['application/json-seq', undefined],
    ['application/x-ndjson', undefined],
    ['image/svg+xml', undefined],
    ['multipart/mixed; boundary="application/json"', undefined],
    [null, undefined],
  ])('of the type %s', async (type, expected) => {
    const { read, shouldRefresh } = readsJson()
    const stage = createStage({ shouldRefresh })
    await stage.signIn()
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
    stage.answer(() => new Response(new TextEncoder().encode('{"code":1}'), { headers }))
    const answer = await stage.client.fetch(`${stageOrigin}/x`)
    expect([read, await answer.text()]).toEqual([[expected], '{"code":1}'])
  })

  test.each(['text/event-stream', 'video/mp4', 'multipart/mixed; boundary=x'])(
    'except of an endless response: %s is returned to the caller at once',
    async type => {
      const { read, shouldRefresh } = readsJson()
      const stage = createStage({ shouldRefresh })
      await stage.signIn()
      const { body, write } = createOpenBody()
      stage.answer(() => new Response(body, { headers: { 'content-type': type } }))
      const answer = await outcomeOf(stage.client.fetch(`${stageOrigin}/x`), stage.clock)
      if (!(answer instanceof Response)) throw new Error('It was kept from its caller')
      write('first')
      const part = await answer.body?.getReader().read()
      expect([read, new TextDecoder().decode(part?.value)]).toEqual([[undefined], 'first'])
    },
  )

  test('for five seconds: then it is undefined, and the caller gets the whole response', async () => {
    const { read, shouldRefresh } = readsJson()
    const stage = createStage({ shouldRefresh })
    await stage.signIn()
    const { body, write, end } = createOpenBody()
    // What has come by then is JSON by itself, and is not taken for all of it.
    write('1')
    stage.answer(() => new Response(body, { headers: { 'content-type': 'application/stream+json' } }))
    const sent = stage.client.fetch(`${stageOrigin}/x`)
    await stage.clock.advance(4999)
    expect([await outcomeOf(sent, stage.clock), read]).toEqual(['pending', []])
    await stage.clock.advance(1)
    const answer = await sent
    write('2')
    end()
    expect([read, await answer.text(), stage.clock.pendingTimers]).toEqual([[undefined], '12', 0])
  })

  test('and leaves no timer if the body ended in time', async () => {
    const { read, shouldRefresh } = readsJson()
    const stage = createStage({ shouldRefresh })
    await stage.signIn()
    stage.answer(() => Response.json({ fine: true }))
    await stage.client.fetch(`${stageOrigin}/x`)
    expect([read, stage.clock.pendingTimers]).toEqual([[{ fine: true }], 0])
  })

  test('that was already read: undefined, and no error', async () => {
    let late: (() => Promise<unknown>) | undefined
    const stage = createStage({
      shouldRefresh: answer => {
        late = answer.json
        return undefined
      },
    })
    await stage.signIn()
    stage.answer(() => Response.json({ fine: true }))
    await (await stage.client.fetch(`${stageOrigin}/x`)).text()
    expect(await late?.()).toBeUndefined()
  })
})

describe.each(forms)('while shouldRefresh is awaited, by %s', (_form, send) => {
  const start = async () => {
    const decided = createDeferred<boolean | undefined>()
    const stage = createStage({ shouldRefresh: () => decided.promise })
    await stage.signIn()
    stage.answer(({ token }) => (token === 'access-1' ? new Response('', { status: 419 }) : new Response('fine')))
    const controller = new AbortController()
    const sent = send(stage.client, '/x', { signal: controller.signal })
    sent.catch(() => {})
    await stage.clock.settle()
    return { ...stage, decided, controller, sent }
  }

  test('an abort rejects at once, and its later result is ignored', async () => {
    const { decided, controller, sent, refreshes, clock } = await start()
    const left = new Error('left')
    controller.abort(left)
    await expect(sent).rejects.toBe(left)
    decided.resolve(true)
    await clock.settle()
    expect(refreshes).toEqual([])
  })

  test('what it throws after the abort is ignored', async () => {
    const { decided, controller, sent, clock } = await start()
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    controller.abort(new Error('left'))
    await expect(sent).rejects.toThrow('left')
    decided.reject(new Error('too late'))
    await clock.settle()
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('after a sign-out the response belongs to an older session, and is returned to the caller', async () => {
    const { client, decided, sent, refreshes, sends } = await start()
    await client.session.signOut()
    decided.resolve(true)
    expect([(await sent).status, refreshes.length, sends.length]).toEqual([419, 0, 1])
  })

  test('after dispose() no refresh is started', async () => {
    const { client, decided, sent, refreshes } = await start()
    client.dispose()
    decided.resolve(true)
    await expect(sent).rejects.toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect(refreshes).toEqual([])
  })
})

describe('a 401 whose challenge is of another scheme', () => {
  test.each(['JWT realm="api"', 'Basic realm="api"'])(
    'is refreshed where shouldRefresh says so: %s',
    async challenge => {
      const asked = vi.fn(({ status }: ResponseView) => status === 401)
      const { server, client } = await createServedClient({ shouldRefresh: asked })
      server.answerWith('/api/a', { status: 401, headers: { 'www-authenticate': challenge } }, 1)
      expect((await client.fetch(`${server.origin}/api/a`)).status).toBe(200)
      expect([asked.mock.calls.length, server.refreshes]).toEqual([1, 1])
    },
  )

  test('is returned where it returns undefined, and shouldRefresh is not called a second time', async () => {
    const asked = vi.fn(() => undefined)
    const { server, client } = await createServedClient({ shouldRefresh: asked })
    server.answerWith('/api/a', { status: 401, headers: { 'www-authenticate': 'Basic realm="api"' } }, 1)
    expect((await client.fetch(`${server.origin}/api/a`)).status).toBe(401)
    expect([asked.mock.calls.length, server.refreshes]).toEqual([1, 0])
  })
})
