import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { createFakeServer, toNodeListener, toPlaywrightRoute } from 'latchkey/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const withCookies = () => {
  const server = createFakeServer()
  const headers: [string, string][] = [
    ['set-cookie', 'session=1; HttpOnly'],
    ['set-cookie', 'csrf=2'],
    ['x-own', 'yes'],
  ]
  server.route('POST', '/login', () => new Response('{}', { headers }), { auth: false })
  return server
}

/** A listener on a real port. `settled`: how each of its calls ended. */
const listen = async (server = createFakeServer()) => {
  const listener = toNodeListener(server)
  const calls: Promise<void>[] = []
  const real = createServer((...call) => {
    calls.push(listener(...call))
    // A rejection would end the process before a test could look at it.
    calls.at(-1)?.catch(() => {})
  })
  onTestFinished(() => void real.close())
  real.listen(0, '127.0.0.1')
  await once(real, 'listening')
  const { port } = real.address() as { readonly port: number }
  return { real, port, origin: `http://127.0.0.1:${port}`, settled: () => Promise.allSettled(calls) }
}

test('a fake server on a real network sends each of several cookies', async () => {
  const { origin } = await listen(withCookies())
  const { headers } = await fetch(`${origin}/login`, { method: 'POST' })
  expect([headers.getSetCookie(), headers.get('x-own')]).toEqual([['session=1; HttpOnly', 'csrf=2'], 'yes'])
})

test('a fake server behind Playwright’s route hands each of several cookies over, in lines', async () => {
  const server = withCookies()
  const fulfill = vi.fn()
  await toPlaywrightRoute(server)({
    request: () => ({
      method: () => 'POST',
      url: () => `${server.origin}/login`,
      allHeaders: async () => ({}),
      postDataBuffer: () => null,
    }),
    fulfill,
    abort: vi.fn(),
  })
  expect(fulfill.mock.calls[0]?.[0].headers).toMatchObject({
    'set-cookie': 'session=1; HttpOnly\ncsrf=2',
    'x-own': 'yes',
  })
})

test('an upload that the client breaks off does not make the listener of a fake server reject', async () => {
  const { real, port, settled } = await listen()
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc')
  await once(real, 'request')
  socket.destroy()
  expect(await settled()).toEqual([{ status: 'fulfilled', value: undefined }])
})

test('a GET with a body does not make the listener of a fake server reject', async () => {
  const { port, settled } = await listen()
  const sent = request({ port, host: '127.0.0.1', headers: { 'content-length': 2 } })
  sent.end('hi')
  const [response] = await once(sent, 'response')
  response.resume()
  expect([response.statusCode, await settled()]).toEqual([401, [{ status: 'fulfilled', value: undefined }]])
})

test.each([
  ['two slashes alone', 'GET', '//', ['//']],
  ['a path that begins with two slashes', 'GET', '//a/b?c=1', ['//a/b']],
  ['the address of a proxy’s client', 'GET', 'http://else.test/x', ['/x']],
  ['a method that no page can send', 'TRACE', '/x', []],
])('the listener of a fake server takes %s, as real servers do', async (_, method, path, paths) => {
  const server = createFakeServer()
  const { port, settled } = await listen(server)
  const sent = request({ port, host: '127.0.0.1', method, path })
  sent.end()
  const [response] = await once(sent, 'response', { signal: AbortSignal.timeout(2000) })
  response.resume()
  expect(await settled()).toEqual([{ status: 'fulfilled', value: undefined }])
  expect(server.requests.map(request => request.path)).toEqual(paths)
})

test.each([
  ['a route that throws', () => Promise.reject(new Error('the route is broken'))],
  [
    'a response whose body breaks',
    () => new Response(new ReadableStream({ pull: stream => stream.error(new Error()) })),
  ],
])('a listener responds with 500 to %s, says why, and does not end the process', async (_what, route) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const server = createFakeServer()
  server.route('GET', '/broken', route, { auth: false })
  const { origin, settled } = await listen(server)
  const { status } = await fetch(`${origin}/broken`, { signal: AbortSignal.timeout(2000) })
  expect(status).toBe(500)
  expect(await settled()).toEqual([{ status: 'fulfilled', value: undefined }])
  expect(said).toHaveBeenCalledOnce()
})

test('a listener responds to a target that is no URL, and does not end the process', async () => {
  const { port, settled } = await listen()
  const socket = connect(port, '127.0.0.1')
  socket.end('GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const [received] = (await once(socket, 'data')) as [Buffer]
  expect(String(received)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await settled()).toEqual([{ status: 'fulfilled', value: undefined }])
})
