import { getEventListeners } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createNetwork } from '../../support/network.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, outcomeOf, stageOrigin } from '../../support/stage.ts'

const startHeld = async () => {
  const stage = createStage()
  await stage.signIn()
  stage.refuseAll()
  const gate = createDeferred()
  stage.refresh(async () => {
    await gate.promise
    return stage.issue()
  })
  return { stage, gate }
}

test('of the requests that wait for one refresh, only the aborted one rejects (RT-04)', async () => {
  const { stage, gate } = await startHeld()
  const controller = new AbortController()
  const left = stage.client.fetch(`${stageOrigin}/left`, { signal: controller.signal })
  const kept = stage.client.fetch(`${stageOrigin}/kept`, { signal: new AbortController().signal })
  await stage.clock.settle()
  controller.abort()
  expect(await outcomeOf(left, stage.clock)).toMatchObject({ name: 'AbortError' })
  expect(await outcomeOf(kept, stage.clock)).toBe('pending')
  gate.resolve()
  expect((await kept).status).toBe(200)
  expect(stage.sends.map(({ path }) => path)).toEqual(['/left', '/kept', '/kept'])
  expect(stage.refreshes).toHaveLength(1)
})

test('the refresh continues after every request was aborted, and its tokens are kept (RT-04)', async () => {
  const { server, client } = await createServedClient()
  server.expireAccessTokens()
  const gate = server.holdRefresh({ at: 'after-handling' })
  const controller = new AbortController()
  const answer = client.get('api/todos', { signal: controller.signal })
  await gate.reached()
  controller.abort()
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
  const refreshed = new Promise(resolve => client.session.on('refreshed', resolve))
  gate.open()
  await refreshed
  expect((await client.get('api/todos')).status).toBe(200)
  expect([server.refreshes, server.reuses]).toEqual([1, 0])
})

test('a refresh that fails after every request was aborted raises no unhandled rejection (RT-05)', async () => {
  const { stage, gate } = await startHeld()
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  const controller = new AbortController()
  const [plain, viaKy] = [
    stage.client.fetch(`${stageOrigin}/a`, { signal: controller.signal }),
    stage.client.get('a', { signal: controller.signal }),
  ]
  await stage.clock.settle()
  const outcomes = Promise.allSettled([plain, viaKy])
  controller.abort()
  expect(await outcomes).toMatchObject([{ reason: { name: 'AbortError' } }, { reason: { name: 'AbortError' } }])
  gate.reject(new Error('not now'))
  await stage.clock.settle()
  await new Promise(resolve => setImmediate(resolve))
  expect(unhandled).not.toHaveBeenCalled()
  expect(stage.client.session.status).toBe('signed-in')
})

test('a signal that many requests share has no listener left when they have settled (FE-08)', async () => {
  const { stage, gate } = await startHeld()
  const { signal } = new AbortController()
  // A network that looks at no signal: what is counted is ours. The page's, since for an app's own a Request is made.
  const network = createNetwork(
    ({ authorization }) => new Response(null, { status: authorization === 'Bearer access-1' ? 401 : 200 }),
  )
  vi.stubGlobal('fetch', (input: RequestInfo, init: RequestInit) => network.fetch(input, { ...init, signal: null }))
  const client = stage.client.extend({ fetch: globalThis.fetch })
  const answers = Array.from({ length: 100 }, (_, index) => client.fetch(`${stageOrigin}/${index}`, { signal }))
  await stage.clock.settle()
  expect(getEventListeners(signal, 'abort')).toHaveLength(100)
  gate.resolve()
  expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true)
  await stage.clock.settle()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('`signal: null` removes the signal of a Request, as with fetch', async () => {
  const { stage, gate } = await startHeld()
  const controller = new AbortController()
  const request = new Request(`${stageOrigin}/a`, { signal: controller.signal })
  const answer = stage.client.fetch(request, { signal: null })
  await stage.clock.settle()
  controller.abort()
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  gate.resolve()
  expect((await answer).status).toBe(200)
})

/** In a realm of its own, as engines before Chrome 116, Firefox 124 and Safari 17.4: ky looks once, when it is loaded. */
const runInOldEngine = async (body: string): Promise<unknown> => {
  const source = new URL('../../../src/index.ts', import.meta.url)
  const script = `const { parentPort } = require('node:worker_threads')
    delete AbortSignal.any
    delete AbortSignal.timeout
    const refresh = Promise.withResolvers()
    const tokens = []
    const fetch = async (input, init) => {
      const token = new Request(input, init).headers.get('authorization')
      tokens.push(token)
      return new Response('{}', { status: token === 'Bearer new' ? 200 : 401 })
    }
    import(${JSON.stringify(source)}).then(async ({ createClient }) => {
      const api = createClient({ baseUrl: 'https://api.test/', fetch, refresh: () => refresh.promise })
      await api.session.signIn({ accessToken: 'old' })
      const controller = new AbortController()
      const { signal } = controller
      const options = { signal, timeout: 5000, totalTimeout: 6000 }
      parentPort.postMessage(await (async () => { ${body} })())
      process.exit()
    })`
  const worker = new Worker(script, { eval: true })
  onTestFinished(() => void worker.terminate())
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}

test('without AbortSignal.any and AbortSignal.timeout requests are refreshed and replayed (FE-08)', async () => {
  const seen = await runInOldEngine(`
    refresh.resolve({ accessToken: 'new' })
    const answers = [await api.fetch('https://api.test/a', { signal }), await api.post('a', { ...options, json: {} })]
    return [...answers.map(({ status }) => status), ...tokens]`)
  expect(seen).toEqual([200, 200, 'Bearer old', 'Bearer new', 'Bearer new'])
})

test('without AbortSignal.any and AbortSignal.timeout a waiting request can be aborted (FE-08)', async () => {
  const seen = await runInOldEngine(`
    const answers = [api.fetch('https://api.test/a', { signal }), api.get('a', options), api.extend(options).get('a', { signal })]
    const settled = Promise.allSettled(answers)
    await new Promise(setImmediate)
    controller.abort('left')
    return [...(await settled).map(({ reason }) => reason), ...tokens]`)
  expect(seen).toEqual(['left', 'left', 'left', 'Bearer old', 'Bearer old', 'Bearer old'])
})

test('without AbortSignal.any ky’s timeout bounds the server’s answer (FE-08)', async () => {
  const seen = await runInOldEngine(`
    const silent = () => new Promise(() => {})
    const error = await api.get('a', { fetch: silent, timeout: 20, retry: 0 }).catch(thrown => thrown)
    return error.name`)
  expect(seen).toBe('TimeoutError')
})
