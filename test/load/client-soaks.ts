import { type ClientOptions, createClient, type RootClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { tokensOf } from './answer.ts'
import { refresh } from './request-soaks.ts'
import { assertThat, nextTask, repeat, type Soak, type SoakPlace, type StartSoak } from './soak.ts'

/** Shared by all clients that are given it, as the storage of an app would be: with it come the channel and the lock. */
export const createSharedItems = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

const alice = { ...tokensOf(0), subject: 'alice' }
const codeOf = (error: { readonly code?: unknown; readonly name: string }) =>
  typeof error.code === 'string' ? error.code : error.name
const rejectedWith = async (promise: Promise<unknown>) => promise.then(() => 'nothing', codeOf)

export const start = (place: SoakPlace, options: ClientOptions = {}): RootClient =>
  createClient({
    baseUrl: place.origin,
    refresh,
    retry: 0,
    sessionName: place.name,
    store: createSharedItems(),
    ...options,
  })

/** With one client, that of an app. */
const withOne =
  (
    options: (place: SoakPlace) => ClientOptions,
    once: (client: RootClient, turn: number) => Promise<unknown>,
  ): StartSoak =>
  async place => {
    const client = start(place, options(place))
    await client.session.signIn(alice)
    return { run: repeat(turn => once(client, turn)), end: client.dispose }
  }

/** With a client for each turn, as in tests, and where a module is replaced while developing. */
const withEach =
  (once: (place: SoakPlace) => Promise<unknown>): StartSoak =>
  async place => ({ run: repeat(() => once(place)), end() {} })

/** A refresh in the hands of a soak. */
function createGate() {
  let open = (_tokens: ReturnType<typeof tokensOf>) => {}
  const opened = new Promise<ReturnType<typeof tokensOf>>(resolve => {
    open = resolve
  })
  return { opened, open }
}

/** One of its own for each use: what waits for a promise is kept by it. */
const never = () => new Promise<never>(() => {})

/** A client whose request waits for a refresh that has begun. */
async function startWaiting(place: SoakPlace, options: ClientOptions) {
  const client = start(place, options)
  await client.session.signIn(alice)
  const started = new Promise(resolve => client.session.on('refresh-started', resolve))
  const outcome = rejectedWith(client.get('api/since/1'))
  await started
  await nextTask()
  return { client, outcome }
}

async function disposeWhile({ client, outcome }: Awaited<ReturnType<typeof startWaiting>>): Promise<void> {
  client.dispose()
  const found = await outcome
  assertThat(found === 'session-ended', `session-ended, and not ${found}`)
}

const lifeSoaks: Readonly<Record<string, StartSoak>> = {
  'create and dispose, the ky form': withEach(async place => {
    const client = start(place)
    await client.session.signIn(alice)
    await client.get('api/since/1')
    client.dispose()
  }),
  'create and dispose, latchkey/fetch': withEach(async ({ origin, name }) => {
    const client = createAuthenticatedFetch({ baseUrl: origin, refresh, sessionName: name, store: createSharedItems() })
    await client.session.signIn(alice)
    const { status } = await client.fetch(`${origin}/api/since/1`)
    assertThat(status === 200, `200, and not ${status}`)
    client.dispose()
  }),
  'create without use': withEach(async place => void start(place)),
  'dispose and use again': withOne(
    () => ({}),
    async client => {
      client.dispose()
      await client.get('api/since/0')
    },
  ),
  'dispose while a request waits for a refresh, which then ends': withEach(async place => {
    const gate = createGate()
    await disposeWhile(await startWaiting(place, { refresh: () => gate.opened }))
    gate.open(tokensOf(1))
    await nextTask()
  }),
  'dispose while a request waits for a refresh that never ends': withEach(async place => {
    await disposeWhile(await startWaiting(place, { refresh: never, limits: { refreshTimeoutMs: 2 } }))
    await nextTask()
  }),
  'dispose while a dialog is open that never closes': withEach(async place => {
    const gate = createGate()
    const reauthenticate = () => {
      gate.open(alice)
      return never()
    }
    const waiting = await startWaiting(place, { refresh: async () => null, reauthenticate })
    await gate.opened
    await disposeWhile(waiting)
  }),
  // Node keeps an aborted request for a lock until the lock is free, and a refresh has a deadline: this holds it for a while only.
  'dispose while another client of the page has the lock': async place => ({
    run: async count => {
      for (let left = count; left > 0; left -= 60) await disposeBehind(place, Math.min(left, 60))
    },
    end() {},
  }),
}

async function disposeBehind(place: SoakPlace, count: number): Promise<void> {
  const store = createSharedItems()
  const gate = createGate()
  const holder = await startWaiting(place, { store, refresh: () => gate.opened })
  await repeat(() => disposeInQueue(start(place, { store })))(count)
  gate.open(tokensOf(1))
  assertThat((await holder.outcome) === 'nothing', 'the holder goes on')
  holder.client.dispose()
}

async function disposeInQueue(client: RootClient): Promise<void> {
  await client.session.ready()
  const outcome = rejectedWith(client.session.refresh())
  await nextTask()
  await disposeWhile({ client, outcome })
}

async function abortWaiting(client: RootClient): Promise<void> {
  const controller = new AbortController()
  const outcome = rejectedWith(client.get('api/since/1', { signal: controller.signal }))
  await nextTask()
  controller.abort()
  const found = await outcome
  assertThat(found === 'AbortError', `AbortError, and not ${found}`)
}

const useSoaks: Readonly<Record<string, StartSoak>> = {
  'sign in and sign out': withOne(
    () => ({}),
    async (client, turn) => {
      await client.session.signIn({ ...tokensOf(turn), subject: turn % 2 ? 'alice' : 'bob' })
      await client.session.signOut()
    },
  ),
  'sign-ins that another client of the page follows': async place => {
    const store = createSharedItems()
    const [here, there] = [start(place, { store }), start(place, { store })]
    await there.session.ready()
    let person = 0
    const once = async () => {
      const followed = new Promise(resolve => {
        const stop = there.session.on('signed-in', event => {
          stop()
          resolve(event)
        })
      })
      await here.session.signIn({ ...tokensOf(++person), subject: `person ${person}` })
      await followed
    }
    const end = () => {
      for (const client of [here, there]) client.dispose()
    }
    return { run: repeat(once), end } satisfies Soak
  },
  'refresh, ready and getAccessToken': withOne(
    () => ({}),
    async client => {
      const { session } = client
      await session.refresh()
      await client.get('api/since/0') // else nothing shows that the refreshes help
      await session.ready()
      await session.getAccessToken({ minValidityMs: 1 })
    },
  ),
  'subscribe and on': withOne(
    () => ({}),
    async ({ session }) => {
      for (const stop of [session.subscribe(() => {}), session.on('request', () => {}), session.on('ended', () => {})])
        stop()
    },
  ),
  'requests that are aborted while they wait': async place => ({
    run: async count => {
      const gate = createGate()
      const { client, outcome } = await startWaiting(place, { refresh: () => gate.opened })
      await repeat(() => abortWaiting(client))(count)
      gate.open(tokensOf(1))
      assertThat((await outcome) === 'nothing', 'the request that was not aborted goes on')
      client.dispose()
    },
    end() {},
  }),
  // Each its own client: after ten refreshes in a row that helped nobody, a client makes no more for a while.
  'sessions that the server ends': withEach(async place => {
    const client = start(place, {
      refresh: ({ refreshToken, post }) => post(`${place.origin}/refuse`, { refreshToken }),
      onLoginRequired() {},
    })
    await client.session.signIn(alice)
    const found = await rejectedWith(client.get('api/since/1'))
    assertThat(found === 'session-ended', `session-ended, and not ${found}`)
    await nextTask()
    client.dispose()
  }),
  'refreshes that fail for now': withOne(
    ({ origin }) => ({
      refresh: ({ refreshToken, post }) => post(`${origin}/unavailable`, { refreshToken }),
      limits: { patienceMs: 0 },
    }),
    async client => {
      const found = await rejectedWith(client.get('api/since/1'))
      assertThat(found === 'refresh-unavailable', `refresh-unavailable, and not ${found}`)
    },
  ),
  'requests of nobody': withOne(
    () => ({ refresh: async () => null, onLoginRequired() {} }),
    async client => {
      await client.session.signOut()
      assertThat((await rejectedWith(client.get('api/since/1'))) === 'HTTPError', 'HTTPError')
    },
  ),
  'requests with proofs (DPoP)': async place => {
    const scheme = dpop()
    const client = start(place, { scheme })
    await loginProof(scheme, { url: `${place.origin}/token` })
    await client.session.signIn(alice)
    return { run: repeat(() => client.get('api/since/0')), end: client.dispose }
  },
}

export const clientSoaks: Readonly<Record<string, StartSoak>> = { ...lifeSoaks, ...useSoaks }
