// (16) Tests of an app: clients in known states, a fake server, outages, tabs, browsers; and memory that tabs share
import { type Client, createClient, type RootClient, sharedMemoryStore } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { serveSharedMemory } from 'latchkey/shared-memory-worker'
import {
  createFakeServer,
  createStorageState,
  createTabStore,
  createTabs,
  createTestClient,
  endSession,
  type FakeServer,
  type Outage,
  resetClient,
  type TestClient,
  toNodeListener,
  toPlaywrightRoute,
} from 'latchkey/testing'
import { http } from 'msw'
import type { BrowserContext } from 'playwright'

interface Claims {
  readonly sub: string
  readonly name: string
}
export const alice: TestClient = createTestClient()
export const ann = createTestClient<Claims>('expired', { claims: { name: 'Ann' }, server: createFakeServer() })
export const name: string | undefined = ann.session.getSnapshot().claims?.name
export const asClient: RootClient<Claims> = ann
export const asAny: Client<Claims> = ann.extend({ timeout: false })
// @ts-expect-error no such state
createTestClient('logged-in')
// @ts-expect-error no such claim
createTestClient<Claims>('signed-in', { claims: { nmae: 'Ann' } })

const fake: FakeServer = createFakeServer({ origin: 'https://api.example.com', tokenPath: '/auth/refresh' })
fake.route('GET', '/todos', (request, claims) => ({ url: request.url, of: claims?.sub }))
fake.route('POST', '/auth/login', async () => fake.issue('ann', { name: 'Ann' }), { auth: false })
const outages: readonly Outage[] = ['offline', 'lost', 'hang', 'garbage', 'html', 503]
for (const how of outages) fake.outage(how, 'token', 1)
fake.outage(null)
// @ts-expect-error no such outage
fake.outage('slow')
export const handlers = [http.all(`${fake.origin}/*`, fake.handler)]
export const listener = toNodeListener(fake)
export async function prepare(context: BrowserContext) {
  await context.route(`${fake.origin}/**`, toPlaywrightRoute(fake))
  await context.setStorageState(
    createStorageState({ origin: 'http://localhost:5173', baseUrl: fake.origin, tokens: fake.issue('ann') }),
  )
}

const api = createClient<Claims>({ baseUrl: fake.origin, fetch: fake.fetch, refresh: fake.refresh })
const plain = createAuthenticatedFetch({ baseUrl: fake.origin, fetch: fake.fetch, store: createTabStore() })
export const after = async () => {
  await Promise.all([api, plain, api.extend({ retry: 0 })].map(resetClient))
  await endSession(api, 'key-lost')
  // @ts-expect-error another user signs in by signIn
  await endSession(api, 'replaced')
  const [one, two, three] = await createTabs<Claims>(3, { claims: { sub: 'ann' } })
  return [one.server.reuses, two.session.status, three?.session.status]
}

export const shared = createClient({
  store: sharedMemoryStore({
    worker: () =>
      new SharedWorker('/session-worker.js', {
        type: 'module',
        name: 'session',
        extendedLifetime: true,
      } as WorkerOptions),
  }),
})
// @ts-expect-error the app makes the worker
sharedMemoryStore()
export const work = serveSharedMemory
