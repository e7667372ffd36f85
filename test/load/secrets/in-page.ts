/** Runs in a page of Chromium, which calls `life` by name. Keeps everything that an app can get hold of, and none of the tokens. */
import { createClient, indexedDbStore, memoryStore, type RootClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { explainUnauthorized } from 'latchkey/explain'
import { defineInspector } from 'latchkey/inspector'
import { oauthRefresh } from 'latchkey/oauth'
import { eventTypes } from '../../../src/session/events.ts'
import { readAll } from './read-all.ts'

const isBound = location.hash === '#dpop'
const scheme = isBound ? dpop() : undefined
const store = isBound ? indexedDbStore() : memoryStore()

async function logIn() {
  if (!scheme) return (await fetch('/auth/login', { method: 'POST' })).json()
  const { proof } = await loginProof(scheme, { url: `${location.origin}/login` })
  return (await fetch('/login', { method: 'POST', headers: { DPoP: proof } })).json()
}

const client: RootClient = createClient({
  baseUrl: location.origin,
  store,
  ...(scheme && { scheme }),
  refresh: oauthRefresh({
    tokenEndpoint: `${location.origin}/token`,
    clientId: 'spa',
    ...(!isBound && { revocationEndpoint: `${location.origin}/revoke` }),
  }),
  reauthenticate: async ({ kind }) => (kind === 'step-up' ? { ...(await logIn()), subject: 'alice' } : null),
  retry: 0,
  limits: { patienceMs: 0 },
})
const { session } = client

defineInspector()
const inspector = document.createElement('latchkey-inspector')
Object.assign(inspector, { client, explain: explainUnauthorized })
document.body.append(inspector)

const events: unknown[] = []
const snapshots: unknown[] = []
const outcomes: unknown[] = []
const explanations: unknown[] = []
/** What a page holds. The snapshot of the heap is searched from here. */
const whatAPageHolds = { client, session, store, scheme, inspector, events, snapshots, outcomes, explanations }
Object.assign(globalThis, { whatAPageHolds })

for (const type of eventTypes) session.on(type, event => void events.push(event))
session.subscribe(() => void snapshots.push(session.getSnapshot()))
explainUnauthorized(client, { tell: explanation => void explanations.push(explanation), includeRefreshed: true })

/** Keeps the promise, and what becomes of it. */
async function note(promise: PromiseLike<unknown>): Promise<void> {
  outcomes.push(promise)
  await promise.then(
    value => outcomes.push(value),
    (error: unknown) => outcomes.push(error),
  )
}
const times = 5
const many = () => Promise.all(Array.from({ length: times }, () => note(client.get('api/fine'))))

const life = {
  signIn: async () => session.signIn({ ...(await logIn()), subject: 'alice' }),
  /** Requests, a refresh, replays, a step-up and errors of every kind. */
  async live() {
    await many()
    await note(client.fetch('/api/fine', { method: 'POST', body: 'x' }))
    await note(session.refresh())
    await fetch('/expire', { method: 'POST' })
    await many()
    await note(client.get('api/step-up'))
    for (const path of ['api/broken', 'api/never', 'api/lost']) await note(client.get(path))
    await fetch('/outage', { method: 'POST' })
    await note(session.refresh())
    await note(client.get('api/never', { replay: false }))
    await note(client.fetch('/api/fine', { signal: AbortSignal.abort() }))
  },
  /** A request that waits for a refresh while the user signs out, and one after it. */
  async signOut() {
    // What it returns is remembered as the best that the server has.
    await session.getAccessToken({ minValidityMs: 1e9 })
    await fetch('/expire', { method: 'POST' })
    const waiting = note(client.get('api/fine'))
    await note(session.signOut())
    await waiting
    await note(client.get('api/fine'))
    await note(session.refresh())
  },
  /** What an app must not do, in a place where a monitor looks. */
  async plant() {
    events.push({ detail: new Map([['headers', [`Bearer ${await session.getAccessToken()}`]]]) })
  },
  unplant: () => void events.pop(),
  /** The texts that a script can read, platform objects included: headers are not in the heap of scripts. */
  read: () => readAll(whatAPageHolds),
  counts: () => ({
    steps: [...new Set((events as { readonly step?: string }[]).flatMap(({ step }) => step ?? []))].sort(),
    reauthentications: (events as { readonly type: string }[]).filter(({ type }) => type === 'reauthentication-started')
      .length,
    errors: [...new Set(outcomes.filter(one => one instanceof Error).map(({ name }) => name))].sort(),
    statuses: [...new Set(outcomes.filter(one => one instanceof Response).map(({ status }) => status))].sort(),
    explanations: explanations.length,
    status: session.status,
  }),
}
export type Life = typeof life
Object.assign(globalThis, { life })
