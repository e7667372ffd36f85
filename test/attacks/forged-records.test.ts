import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../src/session/session-store.ts'
import { createScriptedStore } from '../support/scripted-store.ts'
import { createStage, type Stage } from '../support/stage.ts'
import { taskDone, watchUnhandledRejections } from '../support/unhandled-rejections.ts'

const url = 'https://api.test/x'
const far = 8.64e15

const cyclic = (record: StoredRecord) => {
  const claims: Record<string, unknown> = {}
  claims['self'] = claims
  return { ...record, revision: 'cyclic', credentials: { ...record.credentials, claims, tail: record } }
}
const lease = { id: 'mallory', generation: 0, startedAt: far, underLock: true, attempts: 1e308 }

/** What a script of the origin may write where the record is, made of the record that is there. */
const forgeries: Readonly<Record<string, (record: StoredRecord) => unknown>> = {
  'a text': () => 'text',
  'a list': () => [1],
  'a date': () => new Date(0),
  'a map': () => new Map([['revision', 'x']]),
  'nothing but a revision': () => ({ revision: 'x' }),
  'a revision that is a number': record => ({ ...record, revision: 7 }),
  'a revision of a million letters': record => ({ ...record, revision: 'x'.repeat(1_000_000) }),
  'a session of a million letters': record => ({ ...record, revision: 'r', sessionId: 'x'.repeat(1_000_000) }),
  'the largest generation': record => ({ ...record, revision: 'r', generation: Number.MAX_SAFE_INTEGER }),
  'a generation below zero': record => ({ ...record, revision: 'r', generation: -5 }),
  'a newer version': record => ({ ...record, revision: 'r', version: 1e9 }),
  'a cycle': cyclic,
  'a lease of the far future': record => ({ ...record, revision: 'r', lease }),
  'a lease of the beginning of time': record => ({ ...record, revision: 'r', lease: { ...lease, startedAt: 0 } }),
  'a backoff of centuries': record => ({ ...record, revision: 'r', retryAt: far, failures: 1e15 }),
  'a hundred thousand counted refreshes': record => ({
    ...record,
    revision: 'r',
    refreshCounts: { started: Array(100_000).fill(far), unhelpful: Array(100_000).fill(0) },
  }),
  'a sign-out that is pending for ever': record => ({
    ...record,
    revision: 'r',
    revocationPending: { id: 'x', signedOutAt: 0, calledAt: far, failed: true },
  }),
  'tokens that no header can carry': record => ({
    ...record,
    revision: 'r',
    credentials: { ...record.credentials, accessToken: 'a\r\nX-Admin: 1', refreshToken: 'r\n' },
  }),
  'credentials of other types': record => ({
    ...record,
    revision: 'r',
    credentials: { accessToken: { toString: 'x' }, refreshToken: [], claims: 7, audienceTokens: 'x', sentAt: 'now' },
  }),
  'a rejected session': record => ({ ...record, revision: 'r', rejected: true }),
  'an ending of no known reason': record => ({ ...record, revision: 'r', credentials: null, endedBy: '__proto__' }),
}

/** How a call stands after two minutes. Whatever it is, it is no hang. */
async function settle({ clock }: Stage, promise: Promise<unknown>): Promise<string> {
  let outcome = 'pending'
  promise.then(
    value => {
      outcome = value instanceof Response ? String(value.status) : 'fine'
    },
    (error: { readonly code?: string; readonly message: string }) => {
      outcome = error.code ?? error.message
    },
  )
  for (let second = 0; second < 120 && outcome === 'pending'; second += 1) await clock.advance(1000)
  return outcome
}
const defined = /^(200|401|refresh-unavailable|session-ended)$/

async function startWith(store: ReturnType<typeof createScriptedStore>) {
  const stage = createStage({ store, sessionName: 'main', reauthenticate: async () => null })
  stage.answer(({ token }) => new Response('', { status: token?.startsWith('access-') ? 200 : 401 }))
  return stage
}

describe('a record that a script of the origin has forged', () => {
  const unhandled = watchUnhandledRejections()

  test.each(Object.entries(forgeries))('(%s) leaves each request of an open page an outcome', async (_, forge) => {
    const store = createScriptedStore()
    const stage = await startWith(store)
    await stage.signIn({ subject: 'alice' })
    store.content = forge(store.content as StoredRecord)
    stage.wake()
    expect(await settle(stage, stage.client.fetch(url))).toMatch(defined)
    expect(await settle(stage, stage.client.session.refresh())).toMatch(/^fine|refresh-unavailable|session-ended$/)
    expect(await settle(stage, stage.client.session.signIn(stage.issue({ subject: 'bob' })))).toBe('fine')
    expect(await settle(stage, stage.client.fetch(url))).toBe('200')
    expect(stage.sends.filter(({ token }) => token !== null && !/^access-\d+$/.test(token))).toEqual([])
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })

  test.each(Object.entries(forgeries))('(%s) leaves a page that starts an outcome, too', async (_, forge) => {
    const store = createScriptedStore()
    const first = await startWith(store)
    await first.signIn({ subject: 'alice' })
    first.client.dispose()
    store.content = forge(store.content as StoredRecord)
    const stage = await startWith(store)
    expect(await settle(stage, stage.client.session.ready())).toBe('fine')
    expect(await settle(stage, stage.client.fetch(url))).toMatch(defined)
    expect(stage.sends.filter(({ token }) => token !== null && !/^access-\d+$/.test(token))).toEqual([])
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })
})

/** Does as a tab would that waits for each call of the store. */
function afterEachCall(store: ReturnType<typeof createScriptedStore>, act: () => void): void {
  for (const call of ['read', 'compareAndSet', 'overwrite', 'remove'] as const) {
    const run = store[call]?.bind(store) as (...given: unknown[]) => unknown
    const runAndAct = (...given: unknown[]) => {
      const result = run(...given)
      act()
      return result
    }
    Object.assign(store, { [call]: runAndAct })
  }
}

describe('a tab that forges another record after each call of the store', () => {
  const unhandled = watchUnhandledRejections()

  test('costs a bounded number of calls: sign-ins, requests, refreshes and sign-outs end', async () => {
    const store = createScriptedStore()
    const stage = await startWith(store)
    await stage.signIn({ subject: 'alice' })
    const genuine = structuredClone(store.content) as StoredRecord
    const all = Object.values(forgeries)
    let turn = 0
    const forge = () => {
      turn += 1
      const forged = all[turn % all.length]?.(genuine)
      const isRecord = typeof forged === 'object' && forged !== null && 'revision' in forged
      store.content = isRecord ? { ...forged, revision: `forged ${turn}` } : forged
    }
    afterEachCall(store, forge)
    for (let round = 1; round <= 30; round += 1) {
      const before = store.calls.length
      expect(await settle(stage, stage.client.session.signIn(stage.issue({ subject: 'alice' })))).toBe('fine')
      stage.wake()
      expect(await settle(stage, stage.client.fetch(url))).toMatch(defined)
      expect(await settle(stage, stage.client.session.refresh())).toMatch(/^fine|refresh-unavailable|session-ended$/)
      expect(store.calls.length - before).toBeLessThan(60)
    }
    // Some rounds leave it signed in for long enough to send something.
    expect(stage.sends.length).toBeGreaterThan(0)
    expect(await settle(stage, stage.client.session.signOut())).toBe('fine')
    expect(stage.sends.filter(({ token }) => token !== null && !/^access-\d+$/.test(token))).toEqual([])
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })
})

test('a tab that writes the same record anew after each call wins each race, and costs a bounded number of calls', async () => {
  const store = createScriptedStore()
  const stage = await startWith(store)
  await stage.signIn({ subject: 'alice' })
  let turn = 0
  afterEachCall(store, () => {
    turn += 1
    store.content = { ...(store.content as StoredRecord), revision: `rewritten ${turn}` }
  })
  const before = store.calls.length
  expect(await settle(stage, stage.client.session.refresh())).toBe('refresh-unavailable')
  expect(store.calls.length - before).toBeLessThan(100)
  expect(stage.refreshes).toEqual([])
  expect(await settle(stage, stage.client.fetch(url))).toBe('200')
  expect(await settle(stage, stage.client.session.signOut())).toBe('fine')
  expect(stage.client.session.status).toBe('signed-out')
})
