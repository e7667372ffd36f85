import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'
import type { ApiSend } from '../../support/protected-api.ts'

const startServer = async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  return server
}

/** Runs in the page: clients of the API whose origin is `args[0]`, and bodies of every kind. */
const prelude = `
  const { createClient, isReplayable } = await import('latchkey')
  const origin = args[0]
  const signIn = async options => {
    const api = createClient({ baseUrl: origin, retry: 0, refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }), ...options })
    await api.session.signIn(await api.post('auth/login', { auth: false }).json())
    return api
  }
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7 + 3) % 256)
  const form = new FormData()
  form.append('name', 'Ada 🔑')
  form.append('photo', new File([bytes], 'π.png', { type: 'image/png' }))
  form.append('empty', new Blob([]), 'empty.txt')
  const kinds = {
    text: 'naïve 🔑 text', params: new URLSearchParams({ q: 'a b&ü' }), blob: new Blob([bytes], { type: 'image/png' }),
    untyped: new Blob([bytes]), buffer: bytes.buffer, view: bytes.subarray(10, 500), form,
  }`
const kinds = ['text', 'params', 'blob', 'untyped', 'buffer', 'view', 'form']
const ways = {
  fetch: `(api, url, body) => api.fetch(url, { method: 'POST', body })`,
  request: `(api, url, body) => api.fetch(new Request(url, { method: 'POST', body }))`,
  ky: `(api, url, body) => api.post(url, { body })`,
  'ky-request': `(api, url, body) => api(new Request(url, { method: 'POST', body }))`,
  'ky-retries': `(api, url, body) => api.post(url, { body, retry: { limit: 2, methods: ['post'] } })`,
}

const sha256 = (body: Uint8Array | string) => createHash('sha256').update(body).digest('hex')
const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7 + 3) % 256)
const expectedSha256: Readonly<Record<string, string>> = {
  text: sha256('naïve 🔑 text'),
  params: sha256('q=a+b%26%C3%BC'),
  blob: sha256(bytes),
  untyped: sha256(bytes),
  buffer: sha256(bytes),
  view: sha256(bytes.subarray(10, 500)),
}

/** A multipart body without its random boundary, so that two can be compared. */
const contentOf = ({ body, bodySha256, headers }: ApiSend) => {
  const boundary = /boundary=(.*)$/.exec(headers['content-type'] ?? '')?.[1]
  const content = boundary ? body.toString('latin1').replaceAll(boundary, 'boundary') : bodySha256
  return {
    content,
    type: headers['content-type']?.replace(boundary ?? '', 'boundary'),
    sized: 'content-length' in headers,
  }
}

describe.each(engines)('a page of another origin than its API, in %s', engine => {
  let browser: Browser
  /** One for all tests: each has an origin of its own. To open a page takes a second of a core. */
  let page: Page
  beforeAll(async () => {
    browser = await openBrowser(engine)
    page = await browser.newPage('about:blank')
  })
  afterAll(() => browser.close())

  const start = async () => {
    const [site, api] = [await startServer(), await startServer()]
    await page.goto(`${site.origin}/page.html`)
    const run = <T>(body: string, ...more: unknown[]) => page.run<T>(`${prelude}\n${body}`, api.origin, ...more)
    return { site, api, run }
  }
  const sentTo = (api: AuthServer, path: string) => api.sends.filter(send => send.path === path)

  test.each(Object.entries(ways))('replays any body byte for byte, sent by %s (RP-04)', async (_, way) => {
    const { api, run } = await start()
    for (const kind of kinds) api.refuse(`/api/${kind}`, 1)
    await run(
      `for (const [kind, body] of Object.entries(kinds)) await (${way})(await signIn(), origin + '/api/' + kind, body)`,
    )
    for (const kind of kinds) {
      const sends = sentTo(api, `/api/${kind}`)
      const [first, replay] = sends.map(contentOf)
      expect(sends.map(({ status }) => status)).toEqual([401, 200])
      expect(replay).toEqual(first)
      expect(replay?.sized).toBe(true)
      if (kind !== 'form') expect(replay?.content).toBe(expectedSha256[kind])
    }
  })

  test('replays a FormData with its files, each under its name and type (RP-04)', async () => {
    const { api, run } = await start()
    api.refuse('/api/form', 1)
    await run(`await (await signIn()).post('api/form', { body: form })`)
    const replay = sentTo(api, '/api/form')[1]
    const headers = { 'content-type': replay?.headers['content-type'] ?? '' }
    const parts = await new Response(replay?.body as Uint8Array<ArrayBuffer>, { headers }).formData()
    const photo = parts.get('photo') as File
    expect([parts.get('name'), photo.name, photo.type]).toEqual(['Ada 🔑', 'π.png', 'image/png'])
    expect(sha256(await photo.bytes())).toBe(sha256(bytes))
  })

  test('replays a Blob of 20 MB whole', async () => {
    const { api, run } = await start()
    for (const path of ['/api/by-fetch', '/api/by-ky']) api.refuse(path, 1)
    await run(`const blob = new Blob(Array.from({ length: 20 }, (_, index) => new Uint8Array(2 ** 20).fill(index)))
      const client = await signIn({ timeout: false })
      await client.fetch(origin + '/api/by-fetch', { method: 'PUT', body: blob })
      await client.put('api/by-ky', { body: blob, retry: 2 })`)
    const digest = sha256(Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(2 ** 20, index))))
    expect(api.sends.map(({ bodySha256, status }) => [status, bodySha256])).toEqual([
      [401, digest],
      [200, digest],
      [401, digest],
      [200, digest],
    ])
  })

  test('replays an upload with progress from its source, where the engine can send it at all', async () => {
    const { api, run } = await start()
    api.refuse('/api/upload', 1)
    const outcome = await run(`return (await signIn())
      .post('api/upload', { body: kinds.blob, onUploadProgress: () => {} })
      .then(({ status }) => status, ({ name }) => name)`)
    // Chromium streams over HTTP/2 only, and this server speaks HTTP/1.1.
    const expected = engine === 'chromium' ? ['NetworkError', []] : [200, Array(2).fill(sha256(bytes))]
    expect([outcome, sentTo(api, '/api/upload').map(({ bodySha256 }) => bodySha256)]).toEqual(expected)
  })

  test('calls the window’s fetch as the window wants it, and works unbound itself', async () => {
    const { api, site, run } = await start()
    const statuses = await run<number[]>(`const client = await signIn()
      const { fetch } = client
      const answers = [await fetch(origin + '/api/a'), await client.get('api/a'), await client.extend({ fetch: window.fetch }).get('api/a')]
      return [...answers.map(({ status }) => status), (await fetch('/api/relative')).status]`)
    // As with `fetch`, a relative URL is of the page, which is not trusted.
    expect(statuses).toEqual([200, 200, 200, 401])
    expect(sentTo(site, '/api/relative').map(({ authorization }) => authorization)).toEqual([null])
    expect(api.refreshes).toBe(0)
  })

  test('refreshes also where the API exposes no header (FE-01)', async () => {
    const { api, run } = await start()
    api.settings.exposedHeaders = ''
    api.refuse('/api/a', 1)
    expect(await run(`return (await (await signIn()).get('api/a')).status`)).toBe(200)
    expect(api.refreshes).toBe(1)
  })

  test('reads an API that allows headers by a wildcard as unreachable, and refreshes nothing (FE-02)', async () => {
    const { api, run } = await start()
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
    const careless = createServer((_, response) => response.writeHead(200, headers).end('fine'))
    await new Promise<void>(resolve => careless.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void careless.close())
    const other = `http://127.0.0.1:${(careless.address() as AddressInfo).port}`
    const seen = await run(
      `const client = await signIn({ trustedOrigins: [args[1]] })
      const name = await client.fetch(args[1] + '/a').then(({ status }) => status, error => error.name)
      return [name, client.session.status, await (await client.fetch(args[1] + '/a', { auth: false })).text()]`,
      other,
    )
    // What an engine still lets through, it lets through.
    expect(seen).toEqual([expect.toBeOneOf(['TypeError', 200]), 'signed-in', 'fine'])
    expect(api.refreshes).toBe(0)
  })

  test('is not blocked by refused answers that nobody reads (RP-07)', async () => {
    const { api, run } = await start()
    await run('window.client = await signIn()')
    // More than an engine has connections to one origin.
    const paths = Array.from({ length: 12 }, (_, index) => `/api/${index}`)
    // An answer without an end is the hardest, but WebKit hands it out only at its end, and Firefox keeps the next request
    // of that URL waiting for its cache.
    api.expireAccessTokens()
    if (engine === 'chromium') api.failApi({ kind: 'hang-in-body' }, { at: 'after-handling', times: 12 })
    else for (const path of paths) api.answerWith(path, { status: 401, body: Buffer.alloc(8 * 2 ** 20, 'x') }, 1)
    const statuses = await run(
      'return (await Promise.all(args[1].map(path => client.fetch(origin + path)))).map(({ status }) => status)',
      paths,
    )
    expect(statuses).toEqual(Array(12).fill(200))
    expect(api.refreshes).toBe(1)
  })

  test('takes no token along to another origin, and its 401 is none of ours (ST-11, FE-03)', async () => {
    const { api, run } = await start()
    const other = await startServer()
    api.answerWith('/api/moved', { status: 302, headers: { location: `${other.origin}/api/there` } })
    expect(await run(`return (await (await signIn()).fetch(origin + '/api/moved')).status`)).toBe(401)
    expect(other.sends.map(({ authorization }) => authorization)).toEqual([null])
    expect(api.refreshes).toBe(0)
  })

  test('gets the second person’s own answer with `cache: no-store` (FE-09)', async () => {
    const { api, run } = await start()
    const headers = { 'cache-control': 'max-age=600' }
    api.answerWith('/api/me', request => ({ status: 200, headers, body: request.headers.authorization ?? '' }))
    const [first, second] = await run<string[]>(`const client = await signIn()
      const first = await client.get('api/me').text()
      await client.session.signIn(await client.post('auth/login', { auth: false, json: { subject: 'bob' } }).json())
      return [first, await client.get('api/me', { cache: 'no-store' }).text()]`)
    expect(first).toMatch(/^Bearer access_/)
    expect(second).toMatch(/^Bearer access_/)
    expect(second).not.toBe(first)
  })

  test('ends a waiting call at once with the reason of its signal (RT-04)', async () => {
    const { api, run } = await start()
    api.refuse('/api/a', 1)
    const gate = api.holdRefresh()
    const reason = run(`const client = await signIn()
      const controller = new AbortController()
      const answers = [client.fetch(origin + '/api/a', { signal: controller.signal }), client.get('api/b', { signal: controller.signal })]
      client.session.on('request', event => event.step === 'waiting' && event.for === 'refresh' && setTimeout(() => controller.abort('left')))
      return (await Promise.allSettled(answers)).map(({ reason }) => reason)`)
    await gate.reached()
    expect(await reason).toContain('left')
    gate.open()
  })
})
