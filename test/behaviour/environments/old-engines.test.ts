import { globSync, readFileSync } from 'node:fs'
import { memoryStore, type SessionInput } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeferred, type Deferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, stageOrigin } from '../../support/stage.ts'

/** Takes a member away, as an engine that never had it; gives it back after the test. */
const remove = (holder: object, name: string) => {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name)
  if (!descriptor) return
  Reflect.deleteProperty(holder, name)
  onTestFinished(() => void Object.defineProperty(holder, name, descriptor))
}

/** What old engines and webviews lack; some of it also an insecure context, or an origin that is none. */
const missing: Readonly<Record<string, () => void>> = {
  'AbortSignal.any': () => remove(AbortSignal, 'any'),
  'AbortSignal.timeout': () => remove(AbortSignal, 'timeout'),
  'signal.throwIfAborted': () => remove(AbortSignal.prototype, 'throwIfAborted'),
  structuredClone: () => vi.stubGlobal('structuredClone', undefined),
  BroadcastChannel: () => vi.stubGlobal('BroadcastChannel', undefined),
  'navigator.locks': () => vi.stubGlobal('navigator', { onLine: true }),
  navigator: () => vi.stubGlobal('navigator', undefined),
  'crypto.randomUUID': () => remove(Object.getPrototypeOf(crypto) as object, 'randomUUID'),
  'Promise.withResolvers': () => remove(Promise, 'withResolvers'),
  'Promise.try': () => remove(Promise, 'try'),
  'URL.canParse': () => remove(URL, 'canParse'),
  'URL.parse': () => remove(URL, 'parse'),
  'Array.fromAsync': () => remove(Array, 'fromAsync'),
  'Object.groupBy': () => remove(Object, 'groupBy'),
  'array.toSorted': () => remove(Array.prototype, 'toSorted'),
  'array.at': () => remove(Array.prototype, 'at'),
  'string.replaceAll': () => remove(String.prototype, 'replaceAll'),
  'string.isWellFormed': () => remove(String.prototype, 'isWellFormed'),
  reportError: () => vi.stubGlobal('reportError', undefined),
  indexedDB: () => vi.stubGlobal('indexedDB', undefined),
}

const createStorage = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

describe.each(forms)('a feature that an engine lacks prevents no refresh, called by %s (WV-02)', (form, send) => {
  // ky looks for this one when it is imported, so that taking it away later says nothing.
  const names = Object.keys(missing).filter(name => form === 'fetch' || name !== 'AbortSignal.any')

  test.each(names)('%s', async name => {
    const { server, client } = await createServedClient({ store: createStorage(), sessionName: `without ${name}` })
    missing[name]?.()
    server.expireAccessTokens()
    const controller = new AbortController()
    const path = `${server.origin}/api/x`
    const answers = await Promise.all([
      send(client, path, { signal: controller.signal }),
      send(client, path, { method: 'POST', body: 'text' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(server.refreshes).toBe(1)
    await client.session.signOut()
  })
})

test('an engine without AbortController refreshes as well', async () => {
  const network: typeof fetch = async (_, init) =>
    new Response(null, { status: new Headers(init?.headers).get('authorization') === 'Bearer new' ? 200 : 401 })
  const client = createAuthenticatedFetch({
    baseUrl: 'https://api.test/',
    refresh: async () => ({ accessToken: 'new' }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old' })
  vi.stubGlobal('AbortController', undefined)
  // Node's own needs one.
  vi.stubGlobal('fetch', network)
  expect((await client.fetch('https://api.test/x')).status).toBe(200)
})

test('an engine without AbortController opens a login dialog as well, and ignores what it returns after a sign-out', async () => {
  const network: typeof fetch = async (_, init) =>
    new Response(null, { status: new Headers(init?.headers).get('authorization') === 'Bearer new' ? 200 : 401 })
  const dialogs: Deferred<SessionInput | null>[] = []
  const client = createAuthenticatedFetch({
    baseUrl: 'https://api.test/',
    refresh: async () => null,
    reauthenticate: () => {
      dialogs.push(createDeferred())
      return dialogs[dialogs.length - 1]?.promise ?? Promise.resolve(null)
    },
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old', subject: 'alice' })
  vi.stubGlobal('AbortController', undefined)
  vi.stubGlobal('fetch', network)
  const answered = client.fetch('https://api.test/x')
  await vi.waitFor(() => expect(dialogs).toHaveLength(1))
  dialogs[0]?.resolve({ accessToken: 'new', subject: 'alice' })
  expect((await answered).status).toBe(200)
  await client.session.signIn({ accessToken: 'old', subject: 'bob' })
  const ended = client.fetch('https://api.test/x').catch(error => error)
  await vi.waitFor(() => expect(dialogs).toHaveLength(2))
  await client.session.signOut()
  dialogs[1]?.resolve({ accessToken: 'new', subject: 'bob' })
  expect(await ended).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
  expect(client.session.status).toBe('signed-out')
})

test('an engine without the reason of a signal rejects an aborted request that waits with an AbortError', async () => {
  const { client, signIn, refuseAll, refresh, clock } = createStage()
  await signIn({ subject: 'alice' })
  refuseAll()
  refresh(() => new Promise(() => {}))
  remove(AbortSignal.prototype, 'reason')
  const controllers = [new AbortController(), new AbortController()]
  const init = controllers.map(({ signal }) => ({ signal }))
  const waiting = client.fetch(`${stageOrigin}/x`, init[0]).catch(error => error)
  await clock.settle()
  controllers[0]?.abort()
  expect(await waiting).toMatchObject({ name: 'AbortError' })
})

test.each([
  ['with a failed refresh', async () => Promise.reject(new Error('down'))],
  ['with a refresh whose response cannot be read', async () => ({})],
])('an engine without replaceAll goes on %s', async (_, fails) => {
  const { client, signIn, refuseAll, refresh, clock } = createStage()
  await signIn({ subject: 'alice' })
  refuseAll()
  refresh(fails as never)
  remove(String.prototype, 'replaceAll')
  const rejected = client.fetch(`${stageOrigin}/x`).catch(error => error)
  expect(await outcomeOf(rejected, clock)).toMatchObject({ code: 'refresh-unavailable' })
})

test('a BroadcastChannel that throws costs no request, sign-in or sign-out: a polyfill does so if localStorage is full', async () => {
  class FullChannel extends EventTarget {
    postMessage() {
      throw new DOMException('full', 'QuotaExceededError')
    }
    close() {}
  }
  vi.stubGlobal('BroadcastChannel', FullChannel)
  const { client, signIn, refuseAll } = createStage({ store: { ...memoryStore(), shared: true } })
  await signIn({ subject: 'alice' })
  refuseAll()
  expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(200)
  await client.session.signOut()
  expect(client.session.status).toBe('signed-out')
})

describe('the source', () => {
  test('detects features, and never reads the user agent (WV-02)', () => {
    const files = globSync('src/**/*.ts')
    expect(files.length).toBeGreaterThan(20)
    expect(files.filter(file => /userAgent|navigator\.(platform|vendor)/.test(readFileSync(file, 'utf8')))).toEqual([])
  })
})
