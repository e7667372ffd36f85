import { readFileSync } from 'node:fs'
import { createClient, isLatchkeyError, isReplayable } from 'latchkey'
import { afterEach, expect, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../support/auth-server.ts'
import { root } from '../support/project.ts'

/** The row of this library in the README's comparison, cell by cell, as the columns are headed. */
const [, ...cells] =
  readFileSync(`${root}README.md`, 'utf8')
    .split('\n')
    .find(line => line.startsWith('| **latchkey** |'))
    ?.split('|')
    .slice(1, -1)
    .map(cell => cell.trim()) ?? []

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const startServer = async (): Promise<AuthServer> => {
  const server = await startAuthServer()
  undo.push(server.close)
  return server
}

/** Signed in, and refused until its token is refreshed. */
const setUp = async (limits = {}) => {
  const server = await startServer()
  const api = createClient({
    baseUrl: `${server.origin}/api/`,
    refresh: ({ refreshToken, post }) => post('/auth/refresh', { refreshToken }),
    retry: 0,
    limits,
  })
  undo.push(api.dispose)
  await api.session.signIn(server.issue())
  server.expireAccessTokens()
  const url = `${server.origin}/api/thing`
  return { server, api, url, send: (init?: RequestInit) => api.fetch(url, init) }
}

const codeOf = (error: unknown) => (isLatchkeyError(error) ? error.code : String(error))

test('three requests that get a 401 together cause one refresh, and all succeed', async () => {
  const { server, send } = await setUp()
  const answers = await Promise.all([send(), send(), send()])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(server.refreshes).toBe(1)
  expect(cells[0]).toBe('ok')
})

test('a late 401 causes no second refresh', async () => {
  const { server, send } = await setUp()
  const gate = server.holdApi({ at: 'after-handling' })
  const late = send()
  await gate.reached()
  expect((await send()).status).toBe(200)
  gate.open()
  expect((await late).status).toBe(200)
  expect(cells[1]).toBe(`R${server.refreshes}`)
})

test('a server that rejects every token causes one refresh, and its 401 is the response', async () => {
  const { server, send } = await setUp()
  server.refuse('/api/thing')
  expect((await send()).status).toBe(401)
  expect(server.refreshes).toBe(1)
  expect(cells[2]).toBe('ok')
})

test('a refresh that gets one 503 is repeated, and no waiting request sees an error', async () => {
  const { server, api, send } = await setUp()
  server.failRefreshes({ kind: 'status', status: 503 })
  const outcomes = await Promise.all([send(), send(), send()].map(sent => sent.then(({ status }) => status, codeOf)))
  expect(outcomes).toEqual([200, 200, 200])
  expect(api.session.status).toBe('signed-in')
  expect(cells[3]).toBe(`R${server.refreshes}, ok`)
})

const streamOf = (text: string) => new Blob([text]).stream()

test('a stream is replayed where it can be made again; otherwise its 401 says that it was not', async () => {
  const { server, send } = await setUp()
  const init = { method: 'POST', body: streamOf('once'), duplex: 'half' } as const
  const refused = await send(init)
  expect([refused.status, isReplayable(refused)]).toEqual([401, false])
  await expect.poll(() => server.refreshes).toBe(1)
  server.expireAccessTokens()
  const again = { ...init, body: streamOf('twice'), replay: () => streamOf('twice') }
  expect((await send(again)).status).toBe(200)
  expect(cells[4]).toBe('401, or ok with `replay`')
})

test('a Request with a body is replayed with it', async () => {
  const { server, api, url } = await setUp()
  const answer = await api.fetch(new Request(url, { method: 'POST', body: 'all of it' }))
  expect(answer.status).toBe(200)
  expect(server.sends.map(({ body }) => String(body))).toEqual(['all of it', 'all of it'])
  expect(cells[5]).toBe('ok')
})

test('an aborted request rejects before the refresh has ended', async () => {
  const { server, send } = await setUp()
  const gate = server.holdRefresh()
  const controller = new AbortController()
  const waiting = send({ signal: controller.signal })
  await gate.reached()
  controller.abort(new Error('no longer wanted'))
  await expect(waiting).rejects.toThrow('no longer wanted')
  gate.open()
  expect(cells[6]).toBe('at once')
})

test('a refresh that hangs ends at its deadline, and the session goes on', async () => {
  const { server, api, send } = await setUp({ refreshTimeoutMs: 200, patienceMs: 100 })
  server.failRefreshes({ kind: 'hang-in-headers' })
  expect(await send().catch(codeOf)).toBe('refresh-unavailable')
  expect(api.session.status).toBe('signed-in')
  expect(cells[7]).toBe('10 s, session stays')
})

test('another origin gets no token, and its 401 causes no refresh', async () => {
  const { server, api } = await setUp()
  const foreign = await startServer()
  expect((await api.fetch(`${foreign.origin}/api/thing`)).status).toBe(401)
  expect(foreign.sends.map(({ authorization }) => authorization)).toEqual([null])
  expect(server.refreshes).toBe(0)
  expect(cells[8]).toBe('no token')
})

test('the row has a cell for each of these', () => {
  expect(cells).toHaveLength(9)
})
