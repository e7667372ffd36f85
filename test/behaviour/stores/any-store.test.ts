import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import type { ClientOptions } from '../../../src/client/options.ts'
import type { SessionStore, StoredRecord } from '../../../src/session/session-store.ts'
import { brokenRecords } from '../../support/broken-records.ts'
import { createControlledClock } from '../../support/clock.ts'
import { fuzzSettings, fuzzTimeout } from '../../support/fuzz-settings.ts'
import { createTestWake, noLock } from '../../support/refresh-rig.ts'
import {
  createScriptedStore,
  type ScriptedStore,
  type StoreCall,
  type StoreFault,
} from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const parameters = fuzzSettings({ numRuns: 100, seed: 23 })

type Act = 'request' | 'refresh' | 'token' | 'sign-in' | 'sign-out' | 'expire' | 'reload' | 'wake' | 'mend' | 'time'
type Step = Act | { readonly call: StoreCall | 'all'; readonly fault: StoreFault; readonly times: number }

const faults = fc.constantFrom<StoreFault>('throws', 'rejects', 'hangs', 'lands-then-rejects', 'lands-then-hangs')
const times = fc.constantFrom(1, 2, 5, 1000)
const fault = fc.oneof(
  fc.record({
    call: fc.constantFrom<StoreCall | 'all'>('read', 'compareAndSet', 'overwrite', 'remove', 'all'),
    fault: faults,
    times,
  }),
  fc.record({
    call: fc.constant<StoreCall>('read'),
    fault: fc.constantFrom<StoreFault>({ answers: null }, { answers: { revision: 'somebody', credentials: 7 } }),
    times,
  }),
  fc.record({
    call: fc.constantFrom<StoreCall>('compareAndSet', 'remove'),
    fault: fc.constant<StoreFault>({ answers: false }),
    times,
  }),
)
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Step>('request', 'expire', 'refresh') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('token', 'reload', 'wake', 'mend', 'time', 'sign-in', 'sign-out') },
    { weight: 3, arbitrary: fault },
  ),
  { minLength: 4, maxLength: 16, size: 'max' },
)

const tokenIn = (content: unknown) => (content as StoredRecord | null)?.credentials?.refreshToken

/** The same store. In `unsure` are the tokens of writes that it has made and not confirmed, until it shows them. */
const watchWrites = (store: ScriptedStore, unsure: Set<string | null | undefined>): SessionStore => {
  const watched =
    <Input extends readonly unknown[], Answer>(write: (...input: Input) => Answer) =>
    (...input: Input): Answer => {
      const before = tokenIn(store.content)
      let answer: Answer | Promise<never> = new Promise<never>(() => {})
      try {
        answer = write(...input)
        return answer
      } finally {
        const token = tokenIn(store.content)
        if (token !== before) {
          unsure.add(token)
          const confirmed = () => void unsure.delete(token)
          Promise.resolve(answer).then(confirmed, () => {})
        }
      }
    }
  const { read, compareAndSet, overwrite } = store
  return Object.assign(store, {
    read: async (name: string) => {
      const found = await read(name)
      unsure.delete(tokenIn(found))
      return found
    },
    compareAndSet: watched(compareAndSet),
    overwrite: watched(overwrite),
  })
}

/** One page after the other over one store that does as it likes; a server whose refresh tokens are good for one use. */
const createLife = (removes: boolean) => {
  const clock = createControlledClock()
  const store = createScriptedStore()
  if (!removes) Object.assign(store, { remove: undefined })
  const spent = new Set<string>()
  /** Written by a call that did not say so, and not read since: the page cannot know that the store shows them. */
  const unsure = new Set<string | null | undefined>()
  const sentUnsure = new Set<string>()
  const broken: string[] = []
  const pending = new Set<string>()
  let issued = 0
  let good = ''
  const issue = () => {
    issued += 1
    good = `access-${issued}`
    return { accessToken: good, refreshToken: `refresh-${issued}`, subject: 'alice' }
  }
  const expire = () => {
    good = ''
  }
  const readable = () => tokenIn(store.content)
  const options: ClientOptions = {
    baseUrl: 'https://api.test/',
    sessionName: 'main',
    store: watchWrites(store, unsure),
    retry: 0,
    limits: { unhelpfulRefreshes: 1000 },
    refresh: async ({ refreshToken = '' }) => {
      if (spent.has(refreshToken) && !sentUnsure.has(refreshToken)) broken.push(`${refreshToken} was presented twice`)
      spent.add(refreshToken)
      if (unsure.has(refreshToken)) sentUnsure.add(refreshToken)
      return issue()
    },
    fetch: async (input, init) => {
      const token = new Request(input, init).headers.get('authorization')
      return new Response('', { status: token === `Bearer ${good}` ? 200 : 401 })
    },
  }
  const wakes: (() => void)[] = []
  const open = () => {
    const wake = createTestWake()
    wakes.push(wake.wake)
    const client = createClientOn({ clock, wake: wake.port, lock: noLock }, options)
    client.session.on('ended', ({ reason }) => {
      // A record that is garbage for a moment is one that somebody has removed: then a sign-in begins anew.
      if (reason !== 'signed-out' && reason !== 'replaced') broken.push(`ended: ${reason}`)
    })
    return client
  }
  const note = (what: string, promise: Promise<unknown>) => {
    const name = `${what} ${pending.size + Math.random()}`
    pending.add(name)
    const settle = () => void pending.delete(name)
    promise.then(settle, error => {
      settle()
      if (!(error as { code?: string }).code) broken.push(`${what}: ${error}`)
    })
  }
  return { clock, store, spent, broken, pending, issue, readable, open, note, wakes, expire }
}

const live = async (script: readonly Step[], removes: boolean, content?: unknown) => {
  const life = createLife(removes)
  const { clock, store, note, broken } = life
  vi.stubGlobal('BroadcastChannel', undefined)
  let client = life.open()
  if (content === undefined) note('sign-in', client.session.signIn(life.issue()))
  else store.content = content
  await clock.advance(10)
  const acts: Record<Act, () => unknown> = {
    request: () => note('request', client.fetch('https://api.test/a')),
    refresh: () => note('refresh', client.session.refresh()),
    token: () => note('token', client.session.getAccessToken()),
    'sign-in': () => note('sign-in', client.session.signIn(life.issue())),
    'sign-out': () => note('sign-out', client.session.signOut()),
    expire: life.expire,
    wake: () => life.wakes.at(-1)?.(),
    mend: () => store.mend(),
    time: () => clock.advance(20_000),
    reload: () => {
      client.dispose()
      client = life.open()
      note('ready', client.session.ready())
    },
  }
  for (const step of script) {
    if (typeof step === 'string') await acts[step]()
    else store.fail(step.call, step.fault, step.times)
    await clock.advance(500)
    client.session.getSnapshot()
  }
  await clock.advance(120_000)
  expect([...life.pending]).toEqual([])
  client.dispose()
  return { ...life, client, broken }
}

describe('promise 9: whatever a store does', () => {
  test.each([true, false])(
    'every call settles, nothing but a sign-out ends a session, and no spent token is presented (removes: %s)',
    async removes => {
      await fc.assert(
        fc.asyncProperty(steps, async script => {
          const { broken } = await live(script, removes)
          expect(broken).toEqual([])
        }),
        parameters,
      )
    },
    fuzzTimeout(60_000),
  )

  test(
    'a store that cannot be written from some moment on shows no spent token, once all is quiet',
    async () => {
      const acts = fc.array(
        fc.constantFrom<Step>('request', 'expire', 'refresh', 'token', 'wake', 'sign-in', 'sign-out'),
        {
          minLength: 3,
          maxLength: 12,
        },
      )
      const full: readonly Step[] = [
        { call: 'compareAndSet', fault: 'rejects', times: 1e9 },
        { call: 'overwrite', fault: 'rejects', times: 1e9 },
      ]
      await fc.assert(
        fc.asyncProperty(acts, fc.nat(11), async (script, at) => {
          const { broken, readable, spent } = await live(script.toSpliced(at, 0, ...full), true)
          expect(broken).toEqual([])
          expect(spent.has(readable() ?? '')).toBe(false)
        }),
        parameters,
      )
    },
    fuzzTimeout(60_000),
  )

  test(
    'where it cannot be cleared either, no token that it shows is used',
    async () => {
      const acts = fc.array(fc.constantFrom<Step>('request', 'expire', 'refresh', 'token', 'wake', 'time'), {
        minLength: 3,
        maxLength: 12,
      })
      const readOnly = { call: 'all', fault: 'rejects', times: 1e9 } as const
      await fc.assert(
        fc.asyncProperty(acts, async script => {
          const locked = (['compareAndSet', 'overwrite', 'remove'] as const).map(call => ({ ...readOnly, call }))
          const { broken, spent, client } = await live([...locked, 'expire', ...script], true)
          expect([broken, spent.size, client.session.status]).toEqual([[], 0, 'signed-in'])
        }),
        parameters,
      )
    },
    fuzzTimeout(60_000),
  )
})

test(
  'SG-03: a good record with any change in it causes no error that is not this library’s, in any part of a client’s life',
  async () => {
    const record = storedRecord({
      credentials: credentialsOf({
        accessToken: 'a',
        refreshToken: 'r',
        lifetimeMs: 60_000,
        scope: 'read',
        claims: { sub: 'alice' },
        audienceTokens: {},
      }),
      lease: { id: 'c', generation: 0, startedAt: Date.UTC(2026, 0, 1), underLock: true, closed: true },
      refreshCounts: { started: [1], unhelpful: [1] },
      retryAt: Date.UTC(2026, 0, 1),
      failures: 1,
    })
    const script: readonly Step[] = [
      'request',
      'wake',
      'token',
      'expire',
      'request',
      'refresh',
      'sign-in',
      'request',
      'sign-out',
    ]
    await fc.assert(
      fc.asyncProperty(brokenRecords(record), async content => {
        const { broken } = await live(script, true, content)
        expect(broken.filter(what => !what.startsWith('ended'))).toEqual([])
      }),
      parameters,
    )
  },
  fuzzTimeout(60_000),
)
