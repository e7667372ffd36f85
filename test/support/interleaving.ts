import type { Scheduler } from 'fast-check'
import type { RootClient } from '../../src/client/client.ts'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import type { RefreshContext } from '../../src/refresh/strategy.ts'
import type { StoredRecord } from '../../src/session/session-store.ts'
import type { TabLock } from '../../src/tabs/tab-lock.ts'
import { createControlledClock } from './clock.ts'
import type { LockKind, Person, RefreshFault, Step, WorldOptions } from './interleaving-steps.ts'
import { createQueuedStore, type StoreTrouble } from './interleaving-store.ts'
import { createTestWake, noLock, oauthError, statusError } from './refresh-rig.ts'
import { stubChannel } from './test-channel.ts'
import { createTestLock } from './test-lock.ts'
import { createTokenFamilies, type IssuedTokens } from './token-families.ts'

interface Asked {
  readonly tab: number
  /** Who was signed in when it was asked for; `null`: nobody, or not known yet. */
  readonly person: string | null
  readonly controller: AbortController
  settled: boolean
}
interface Presentation {
  readonly token: string
  readonly signal: AbortSignal
  state: 'under way' | 'answered' | 'lost'
}

/** Tabs over one shared store, a server that revokes a family on reuse, and a scheduler that decides what happens next. */
export const createWorld = (scheduler: Scheduler, { tabs, lock, dialog, audiences }: WorldOptions) => {
  const clock = createControlledClock()
  const channel = stubChannel()
  const broken: string[] = []
  const families = createTokenFamilies({
    accessTokenSeconds: 1e9,
    accessTokenFormat: 'opaque',
    keepOldAccessTokens: false,
    rotate: true,
    reuse: 'strict',
    graceSeconds: 0,
    challenge: null,
    audiences: {},
    cors: false,
    exposedHeaders: '',
    now: clock.wallMs,
  })
  /** Of each token, whose it is and from which sign-in; the session shows the latter as its scope. */
  const whose = new Map<string, { readonly person: string; readonly family: string }>()
  const note = (
    { accessToken, refreshToken }: IssuedTokens,
    from: { readonly person: string; readonly family: string },
  ) => {
    whose.set(accessToken, from)
    whose.set(refreshToken, from)
  }
  const issue = (person: Person) => {
    const [tokens, family] = [families.issue(person), `sign-in-${whose.size}`]
    note(tokens, { person, family })
    return { ...tokens, subject: person, scope: family }
  }
  const step = (label: string) => scheduler.schedule(Promise.resolve(label), label)

  // ── the store: what one tab asks of it is done in order, and answered later; tabs come in between.
  let content: StoredRecord | null = null
  let hasBroken = false
  const trouble: StoreTrouble = { refuses: false, flood: 0, faults: [] }
  /** The store refused at some time: what a refresh brought may then be lost. */
  let refused = false
  const refusedTokens = new Set<string | null | undefined>()
  /** Families whose sign-out was stored. */
  const over = new Set<string | undefined>()
  const familyIn = (refreshToken: string) => whose.get(refreshToken)?.family
  const write = (next: StoredRecord, isBlind: boolean) => {
    // What could not be stored in its time is made up for later, and may skip a few numbers.
    // A step-up may be written over what a refresh brought, which then goes in the place of the spent one.
    const blind = isBlind || hasBroken || next.credentials?.accessToken?.startsWith('stepped-up')
    const former = content
    const [before, after] = [former?.credentials, next.credentials]
    if (!blind && before && !after && next.endedBy === 'refresh-rejected' && !refusedTokens.has(before.refreshToken))
      broken.push('tokens were removed that nobody had refused')
    if (!blind && former && before && after && before.refreshToken !== after.refreshToken) {
      // What a sign-in brought is newer whatever its number: two in a row may be stored as one. A step-up may put the token
      // back that a refresh here has just spent, under that refresh's lease, until it comes to know of the newer one.
      const isStepUp = /^stepped-up/.test(String(after.accessToken))
      const isSignIn = before.scope !== after.scope || (isStepUp && before.accessToken !== after.accessToken)
      const skips = isSignIn && next.generation >= former.generation
      if (next.sessionId !== former.sessionId || (next.generation !== former.generation + 1 && !skips))
        broken.push('newer tokens were stored under a wrong number')
    }
    if (after?.refreshToken && over.has(familyIn(after.refreshToken)))
      broken.push('a refresh token of a signed-out session was stored again')
    if (!hasBroken && before?.refreshToken && next.endedBy === 'signed-out') over.add(familyIn(before.refreshToken))
    content = structuredClone(next)
  }
  const storeOf = (tab: number) =>
    createQueuedStore(tab, trouble, { step, write, read: () => content, hint: channel.hint })

  // ── the token endpoint: a token may be presented again only once all earlier presentations are known to be lost.
  const faults: RefreshFault[] = []
  const presentations: Presentation[] = []
  let steppedUp = 0
  const refresh = async (tab: number, { refreshToken, signal, audience }: RefreshContext) => {
    const token = String(refreshToken)
    const earlier = presentations.filter(one => one.token === token)
    // Where leases cannot be stored, tabs cannot know of each other.
    // Who stepped up while it was being refused goes on with it; to present a refused token again does no harm.
    const isDead = steppedUp > 0 && refusedTokens.has(token)
    const mayBeSeen = !refused && !isDead && (tabs === 1 || !hasBroken)
    if (mayBeSeen && earlier.some(({ state, signal: { aborted } }) => state !== 'lost' && !aborted))
      broken.push(`${tab} presented a token that was under way, or answered`)
    const presentation: Presentation = { token, signal, state: 'under way' }
    presentations.push(presentation)
    await step(`${tab} refresh arrives`)
    const fault = faults.shift()
    const lost = () => {
      presentation.state = 'lost'
      return new TypeError('Failed to fetch')
    }
    if (fault === 'lost-before') throw lost()
    if (fault === 'busy') {
      presentation.state = 'lost'
      throw statusError(503)
    }
    const result = fault === 'refused' ? null : families.refresh(token, audience)
    const from = whose.get(token)
    if (result?.outcome === 'granted' && from) note(result.tokens, from)
    else refusedTokens.add(token)
    await step(`${tab} refresh answered`)
    if (fault === 'lost-after') throw lost()
    presentation.state = 'answered'
    if (result?.outcome === 'granted') return result.tokens
    throw oauthError('invalid_grant')
  }

  // ── the API, and who was signed out where.
  const asked: Asked[] = []
  const signedOut = Array.from({ length: tabs }, () => new Set<string>())
  const sentAs = new Map<number, string>()
  const send = async (tab: number, input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    const { host, pathname } = new URL(request.url)
    const id = Number(pathname.slice(1))
    const [own, other] = host === 'files.test' ? ['files', ''] : ['', 'files']
    const token = request.headers.get('authorization')?.slice(7) ?? null
    const { person = null, family = '' } = whose.get(token ?? '') ?? {}
    if (signedOut[tab]?.has(family)) broken.push(`${tab} sent a token of a session signed out there`)
    if (person !== null) {
      const first = asked[id]?.person ?? sentAs.get(id) ?? person
      if (first !== person) broken.push(`request ${id} of ${first} was sent as ${person}`)
      sentAs.set(id, person)
    }
    await step(`${tab} request ${id} arrives`)
    if (token !== null && families.subjectOf(token, other)) broken.push(`${tab} sent a token of another audience`)
    const isGood = token !== null && families.subjectOf(token, own) !== null
    await step(`${tab} request ${id} answered`)
    request.signal.throwIfAborted()
    return new Response(isGood ? 'fine' : 'refused', { status: isGood ? 200 : 401 })
  }

  const shared = createTestLock()
  const locks: Record<LockKind, TabLock> = {
    none: noLock,
    stuck: shared,
    shared: {
      request: async (name, signal, whileHeld) => {
        await step('asks for the lock')
        return shared.request(name, signal, async held => {
          await step('is granted the lock')
          await whileHeld(held)
        })
      },
    },
  }
  if (lock === 'stuck') shared.takenByAnother()
  const answers = [...(dialog ?? [])]
  const wakes = Array.from({ length: tabs }, createTestWake)
  const clients = wakes.map((wake, tab) => {
    const options: ClientOptions = {
      baseUrl: 'https://api.test/',
      sessionName: 'main',
      store: storeOf(tab),
      fetch: (input, init) => send(tab, input, init),
      trustedOrigins: ['https://files.test'],
      refresh: {
        refresh: context => refresh(tab, context),
        ...(audiences && { audienceOf: origin => (origin === 'https://files.test' ? 'files' : undefined) }),
      },
      ...(dialog && {
        reauthenticate: async () => {
          await step(`${tab} dialog answered`)
          const person = answers.shift() ?? null
          return person && issue(person)
        },
      }),
    }
    return createClientOn({ clock, wake: wake.port, lock: locks[lock] }, options)
  })
  const personAt = (client: RootClient) => {
    const { status, subject } = client.session.getSnapshot()
    return status === 'signed-in' ? subject : null
  }

  const request = (tab: number, client: RootClient) => {
    const one: Asked = { tab, person: personAt(client), controller: new AbortController(), settled: false }
    const id = asked.push(one) - 1
    const settle = () => {
      one.settled = true
    }
    const host = audiences && id % 2 ? 'files' : 'api'
    client.fetch(`https://${host}.test/${id}`, { signal: one.controller.signal }).then(settle, settle)
  }
  const signOut = (tab: number, client: RootClient) => {
    const [family] = client.session.getSnapshot().scope
    if (family) signedOut[tab]?.add(family)
    void client.session.signOut()
  }
  /** The same person brings another access token and no refresh token; the API takes it as little as the one before. */
  const stepUp = (client: RootClient) => {
    const subject = personAt(client)
    const [family = ''] = client.session.getSnapshot().scope
    if (subject === null) return
    steppedUp += 1
    const accessToken = `stepped-up-${steppedUp}`
    // Of a session that is over elsewhere it begins another, which is not signed out.
    whose.set(accessToken, { person: subject, family: accessToken })
    void client.session.signIn({ accessToken, subject, scope: family })
  }
  // Less in all than a store has to answer in: what comes of that is another test's.
  let timeLeftMs = 1500
  const passTime = () => {
    timeLeftMs -= 300
    if (timeLeftMs >= 0) void clock.advance(300)
  }
  const deliver = () => {
    const message = channel.posted.shift()
    if (message) channel.deliver(message)
  }
  const acts: { readonly [Kind in Step['kind']]: (one: Step & { readonly kind: Kind }, tab: number) => unknown } = {
    request: (_one, tab) => request(tab, clients[tab] as RootClient),
    'sign-out': (_one, tab) => signOut(tab, clients[tab] as RootClient),
    'sign-in': ({ person }, tab) => clients[tab]?.session.signIn(issue(person)),
    refresh: (_one, tab) => clients[tab]?.session.refresh().catch(() => {}),
    wake: (_one, tab) => wakes[tab]?.wake(),
    abort: () => asked.findLast(({ settled }) => !settled)?.controller.abort(new Error('not needed')),
    expire: () => families.expireAccessTokens(),
    message: deliver,
    time: passTime,
    fault: ({ fault }) => faults.push(fault),
    'step-up': (_one, tab) => stepUp(clients[tab] as RootClient),
    dispose: (_one, tab) => clients[tab]?.dispose(),
    flood: () => {
      trouble.flood = 20
    },
    'store-refuses': () => {
      trouble.refuses = !trouble.refuses
      hasBroken = refused = true
    },
    'store-fault': ({ fault }) => {
      hasBroken = true
      trouble.faults.push(fault)
    },
  }
  const act = (one: Step): void => {
    const perform = acts[one.kind] as (one: Step, tab: number) => unknown
    perform(one, 'tab' in one ? one.tab : 0)
  }

  return {
    act,
    clients,
    clock,
    channel,
    wakes,
    broken,
    asked,
    presentations,
    endFaults: () => {
      faults.length = trouble.faults.length = trouble.flood = 0
      trouble.refuses = false
    },
    get content() {
      return content
    },
    signedInAs: personAt,
  }
}

/** Lets everything happen that can, in the scheduler's order; time passes where nothing else does. */
export const runOut = async (scheduler: Scheduler, { clock }: ReturnType<typeof createWorld>): Promise<void> => {
  await clock.settle()
  for (let idle = 0; idle < 400; ) {
    if (scheduler.count() > 0) {
      await scheduler.waitNext(1)
      await clock.settle()
    } else if (clock.pendingTimers > 0) {
      idle += 1
      await clock.advance(250)
    } else return
  }
}
