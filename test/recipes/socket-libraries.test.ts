import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { connectSocketIo } from '../../demo/recipes/socket-io.ts'
import { openSocket } from '../../demo/recipes/websocket.ts'
import { sendJson, startRecipeWorld } from './recipe-server.ts'

const noApi = () => {}

const startWebSocketServer = async () => {
  const tokens: string[] = []
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await new Promise(resolve => server.once('listening', resolve))
  server.on('connection', socket =>
    socket.on('message', text => tokens.push((JSON.parse(String(text)) as { readonly token: string }).token)),
  )
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens }
}

const closeCodeOf = (socket: WebSocket): Promise<number> =>
  new Promise(resolve => socket.addEventListener('close', ({ code }) => resolve(code)))

test('the recipe for WebSocket sends a current token first, and each newer one', async () => {
  const world = await startRecipeWorld(noApi)
  const { url, tokens } = await startWebSocketServer()
  const socket = openSocket(world.api, url)
  await vi.waitFor(() => expect(tokens).toEqual(['access-1']))
  await world.api.session.refresh()
  await vi.waitFor(() => expect(tokens).toEqual(['access-1', 'access-2']))
  const code = closeCodeOf(socket)
  socket.close()
  await code
  await world.api.session.refresh()
  expect(tokens).toEqual(['access-1', 'access-2'])
})

test('the recipe for WebSocket closes with the session', async () => {
  const world = await startRecipeWorld(noApi)
  const { url, tokens } = await startWebSocketServer()
  const code = closeCodeOf(openSocket(world.api, url))
  await vi.waitFor(() => expect(tokens).toHaveLength(1))
  await world.api.session.signOut()
  expect(await code).toBe(4401)
})

test('the recipe for WebSocket closes where nobody is signed in', async () => {
  const world = await startRecipeWorld(noApi)
  await world.api.session.signOut()
  const { url, tokens } = await startWebSocketServer()
  expect({ code: await closeCodeOf(openSocket(world.api, url)), tokens }).toEqual({ code: 4401, tokens: [] })
})

const startSocketIoServer = async () => {
  const tokens: string[] = []
  const http = createServer((_request, response) => sendJson(response, 404, {}))
  const server = new Server(http)
  let accepted = 'access-1'
  server.use((socket, next) => {
    const { token } = socket.handshake.auth as { readonly token: string }
    tokens.push(token)
    next(token === accepted ? undefined : new Error('refused'))
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    tokens,
    server,
    accept: (token: string) => {
      accepted = token
    },
  }
}

test('the recipe for Socket.IO connects with a current token, and after a refusal with a newer one', async () => {
  const world = await startRecipeWorld(noApi)
  const { url, tokens, accept } = await startSocketIoServer()
  accept('access-2')
  const socket = connectSocketIo(world.api, url)
  await vi.waitFor(() => expect(tokens).toEqual(['access-1']))
  await world.api.session.refresh()
  await vi.waitFor(() => expect(socket.connected).toBe(true))
  expect(tokens).toEqual(['access-1', 'access-2'])
  socket.disconnect()
})

test('the recipe for Socket.IO disconnects with the session, and does not reconnect', async () => {
  const world = await startRecipeWorld(noApi)
  const { url, tokens, server } = await startSocketIoServer()
  const socket = connectSocketIo(world.api, url)
  await vi.waitFor(() => expect(socket.connected).toBe(true))
  await world.api.session.signOut()
  await vi.waitFor(() =>
    expect({ connected: socket.connected, clients: server.engine.clientsCount }).toEqual({
      connected: false,
      clients: 0,
    }),
  )
  expect({ tokens, active: socket.active }).toEqual({ tokens: ['access-1'], active: false })
})
