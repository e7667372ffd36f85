import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShellMessage } from '../../src/webview/protocol.ts'
import { createShellClient } from '../support/shell-client.ts'
import { taskDone, watchUnhandledRejections } from '../support/unhandled-rejections.ts'

const mallory = { accessToken: 'access-mallory', subject: 'mallory' }
const response = (id: unknown, session: object = mallory) => ({ latchkey: 1, id, status: 'signed-in', session })

/** As a script of the page makes an event. */
const dispatch = (data: unknown, more: MessageEventInit = {}) =>
  dispatchEvent(new MessageEvent('message', { data, ...more }))

/** As a window of another origin: nothing of it can be read. */
const refusing = new Proxy(
  {},
  {
    get() {
      throw new Error('It was read')
    },
  },
)
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()
const cyclic: Record<string, unknown> = { latchkey: 1, type: 'unknown' }
cyclic['self'] = cyclic

/** What a script of the page may post, none of which is a response to the request `id`. */
const forgedFor = (id: string): readonly unknown[] => [
  ...[undefined, null, 0, 1n, '', 'text', Number.NaN, true, Symbol('latchkey'), () => response(id), new Date(0)],
  ...['{', 'null', '[]', '1', '"latchkey"', '{"latchkey":1}', '['.repeat(100_000), 'x'.repeat(5_000_000)],
  ...[{}, [], [1], { latchkey: 1 }, { latchkey: true }, { latchkey: '1' }, { latchkey: 2, id }, cyclic],
  ...[response('other'), response(''), response(undefined), response(null), response([id]), response(`${id} `)],
  response({ toString: () => id }),
  response('x'.repeat(1_000_000)),
  JSON.stringify(response('other')),
  JSON.stringify({ ...response('other'), padding: 'x'.repeat(5_000_000) }),
  `{"__proto__":${JSON.stringify(response(id))}}`,
  `{"constructor":{"prototype":${JSON.stringify(response(id))}}}`,
  runInNewContext(`(${JSON.stringify(response('other'))})`),
  runInNewContext('new Proxy({}, {})'),
  refusing,
  revoked,
  { latchkey: 1, type: Symbol('signed-out') },
  { latchkey: 1, type: ['unknown'] },
]

/** A client that has asked its shell, which posts its responses. */
async function startAsking() {
  const world = createShellClient()
  const asked: ShellMessage[] = []
  world.shell.respond = message => void asked.push(message)
  world.follow()
  const ready = world.client.session.ready()
  await world.clock.settle()
  const idOf = (place: number) => asked[place]?.id ?? ''
  return { ...world, asked, idOf, ready }
}

/** Errors of listeners, which a page reports as its own, and rejections that nobody handles. */
function watchErrors() {
  const unhandled = watchUnhandledRejections()
  beforeEach(() => void process.on('uncaughtException', unhandled))
  afterEach(() => void process.off('uncaughtException', unhandled))
  return unhandled
}

describe('a page in which scripts post what they like', () => {
  const thrown = watchErrors()

  test('takes the response of its shell and no other, and no message throws', async () => {
    const { clock, client, ready, idOf, page, sends, ask } = await startAsking()
    for (const forged of forgedFor(idOf(0))) dispatch(forged)
    await clock.settle()
    expect(client.session.status).toBe('unknown')
    page.post(response(idOf(0), { accessToken: 'access-alice', subject: 'alice' }))
    await ready
    expect(await ask()).toBe(200)
    expect([client.session.getSnapshot().subject, sends]).toEqual(['alice', ['access-alice']])
    await taskDone()
    expect(thrown.mock.calls).toEqual([])
  })

  test('takes no response from an event that has an origin or a source, as those of frames have', async () => {
    const { clock, client, idOf } = await startAsking()
    const { port1, port2 } = new MessageChannel()
    dispatch(JSON.stringify(response(idOf(0))), { origin: 'https://evil.test' })
    dispatch(response(idOf(0)), { origin: 'null' })
    dispatch(response(idOf(0)), { source: port1 })
    dispatch({ latchkey: 1, type: 'signed-out' }, { source: port2 })
    await clock.settle()
    expect(client.session.status).toBe('unknown')
    for (const port of [port1, port2]) port.close()
  })

  test('takes each response once: one that is replayed answers no later request', async () => {
    const { clock, client, ready, idOf, page, asked } = await startAsking()
    const first = response(idOf(0), { accessToken: 'access-alice', subject: 'alice' })
    page.post(first)
    await ready
    page.post(response(idOf(0)))
    const refreshing = client.session.refresh()
    await clock.settle()
    expect(asked.length).toBe(2)
    for (let count = 0; count < 100; count += 1) page.post(response(idOf(0)))
    await clock.settle()
    expect(client.session.getSnapshot()).toMatchObject({ subject: 'alice', generation: 0 })
    page.post(response(idOf(1), { accessToken: 'access-2', subject: 'alice' }))
    await refreshing
    expect(await client.session.getAccessToken()).toBe('access-2')
  })

  test('asks its shell once for thousands of messages that there is a newer token', async () => {
    const { clock, ready, idOf, page, asked } = await startAsking()
    page.post(response(idOf(0), { accessToken: 'access-alice', subject: 'alice' }))
    await ready
    for (let count = 0; count < 3000; count += 1) dispatch({ latchkey: 1, type: 'refreshed', count })
    await clock.settle()
    expect(asked.length).toBe(2)
    page.post(response(idOf(1), { accessToken: 'access-2', subject: 'alice' }))
    await clock.settle()
    expect([asked.length, page.listening]).toEqual([2, 1])
  })

  test('reads nothing from the prototype of what a shell sends, and changes none', async () => {
    const { ready, idOf, client } = await startAsking()
    const session =
      '{"__proto__":{"accessToken":"planted","isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'
    dispatch(`{"latchkey":1,"id":"${idOf(0)}","status":"signed-in","session":${session}}`)
    await ready
    expect(client.session.status).toBe('unknown')
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  })
})
