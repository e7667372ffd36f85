import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { fuzzSettings, fuzzTimeout } from '../../support/fuzz-settings.ts'
import { jwtOf } from '../../support/jwt.ts'
import { createRefreshRig } from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'

const { numRuns, seed } = fuzzSettings({ numRuns: 400, seed: 24 })

// ── people, and how logins and token endpoints speak of them

interface Said {
  readonly iss?: string
  readonly sub?: string
}
type Source = 'app' | 'id' | 'access'
type Word = Readonly<Partial<Record<Source, Said>>>
interface Answer {
  readonly word: Word
  /** Whose it really is. */
  readonly person: number
  readonly bringsRefreshToken: boolean
  readonly asNumbers: boolean
}

/** Of everybody, each source has another name; some names are another's, at another issuer or in another source. */
const people = [
  { app: '1', id: { iss: 'A', sub: '1' }, access: { iss: 'A', sub: '2' } },
  { app: '2', id: { iss: 'B', sub: '1' }, access: { iss: 'B', sub: '2' } },
  { app: 'acme:1', id: { iss: 'A', sub: '3' }, access: { iss: 'A2', sub: 'login-3' } },
] as const

/** What a server puts into its answers: an ID token, a JWT access token, and whether those name their issuer. */
const shapes = fc.record({
  hasId: fc.boolean(),
  isJwt: fc.boolean(),
  namesIssuer: fc.boolean(),
  bringsRefreshToken: fc.boolean(),
  asNumbers: fc.boolean(),
  appSpeaks: fc.boolean(),
})
type Shape = typeof shapes extends fc.Arbitrary<infer Value> ? Value : never

function answerOf(person: number, shape: Shape): Answer {
  const { app, id, access } = people[person] ?? people[0]
  const from = ({ iss, sub }: { readonly iss: string; readonly sub: string }): Said =>
    shape.namesIssuer ? { iss, sub } : { sub }
  const word: Word = {
    ...(shape.appSpeaks && { app: { sub: app } }),
    ...(shape.hasId && { id: from(id) }),
    ...(shape.isJwt && { access: from(access) }),
  }
  return { word, person, bringsRefreshToken: shape.bringsRefreshToken, asNumbers: shape.asNumbers }
}

let issued = 0
/** As a login or a token endpoint answers. */
function inputOf({ word, bringsRefreshToken, asNumbers }: Answer): Exclude<SessionInput, { readonly cookie: true }> {
  issued += 1
  const number = (text: string | undefined) => (asNumbers && text && /^\d+$/.test(text) ? Number(text) : text)
  const claimsOf = (said: Said | undefined) => said && { ...said, sub: number(said.sub), n: issued }
  return {
    accessToken: word.access ? jwtOf(claimsOf(word.access)) : `opaque-${issued}`,
    ...(bringsRefreshToken && { refreshToken: `refresh-${issued}` }),
    ...(word.id && { idToken: jwtOf(claimsOf(word.id)) }),
    ...(word.app && { subject: number(word.app.sub) }),
  }
}

// ── the model: who is it, told in its own words

interface Held {
  readonly session: number
  readonly known: Word
  readonly shown: string | null
  readonly refreshToken: string | null
}
const sources: readonly Source[] = ['app', 'id', 'access']

function whoIs(word: Word, { known, shown }: Held): 'same' | 'other' | 'unknown' {
  for (const source of sources) {
    const [one, two] = [word[source]?.iss, known[source]?.iss]
    if (one && two && one !== two) return 'other'
  }
  for (const source of sources) {
    const [one, two] = [word[source]?.sub, known[source]?.sub]
    if (one && two) return one === two ? 'same' : 'other'
  }
  if (word.app?.sub && shown) return word.app.sub === shown ? 'same' : 'other'
  return 'unknown'
}
const issuersOf = (word: Word) => sources.flatMap(source => word[source]?.iss ?? [])
const isApart = (one: Word, two: Word) =>
  issuersOf(one).length > 0 && issuersOf(two).length > 0 && !issuersOf(one).some(iss => issuersOf(two).includes(iss))

const merge = (known: Word, word: Word): Word =>
  Object.fromEntries(sources.map(source => [source, { ...known[source], ...word[source] }]))
const nameIn = ({ app, id, access }: Word) => app?.sub ?? id?.sub ?? access?.sub ?? null

const begin = (word: Word, refreshToken: string | null, session: number): Held => ({
  session,
  known: word,
  shown: nameIn(word),
  refreshToken,
})
const goOn = (held: Held, word: Word, refreshToken: string | null): Held => ({
  session: held.session,
  known: merge(held.known, word),
  shown: word.app?.sub ?? held.shown ?? nameIn(word),
  refreshToken: refreshToken ?? held.refreshToken,
})

// ── the code: two tabs over one store, which look at it after each step

function createTabs() {
  const store = createScriptedStore()
  const tabs = [createRefreshRig({ store }), createRefreshRig({ store })] as const
  const look = async () => {
    for (const { session, clock } of tabs) {
      await session.reread()
      await clock.settle()
    }
  }
  return { tabs, look }
}
type Tab = ReturnType<typeof createTabs>['tabs'][number]

async function refresh({ start, calls, clock }: Tab, input: SessionInput): Promise<void> {
  const { done } = start()
  await clock.settle()
  calls.at(-1)?.answer.resolve(input)
  await done
  await clock.settle()
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('sign-in' as const, 'refresh' as const, 'refresh' as const),
    tab: fc.nat(1),
    person: fc.nat(people.length - 1),
    shape: shapes,
  }),
  { minLength: 1, maxLength: 12 },
)

test(
  'after any sign-ins and refreshes in either tab the user of the session is the one of the model',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async taken => {
        const { tabs, look } = createTabs()
        const ids = new Map<string, number>()
        let held: Held | null = null
        let sessions = 0
        for (const { kind, tab, person, shape } of taken) {
          const [answer, rig] = [answerOf(person, shape), tabs[tab as 0 | 1]]
          const input = inputOf(answer)
          const { word } = answer
          const refreshToken = ('refreshToken' in input && input.refreshToken) || null
          if (kind === 'sign-in') {
            const continues: boolean = held !== null && whoIs(word, held) === 'same' && !isApart(word, held.known)
            if (!continues) sessions += 1
            held = held && continues ? goOn(held, word, refreshToken) : begin(word, refreshToken, sessions)
            await rig.session.signIn(input)
          } else if (held) {
            held = whoIs(word, held) === 'other' ? null : goOn(held, word, refreshToken)
            await refresh(rig, input)
          }
          await look()
          for (const { session } of tabs) {
            const { credentials, sessionId: id } = session.state
            expect(credentials && { subject: credentials.subject, refreshToken: credentials.refreshToken }).toEqual(
              held && { subject: held.shown, refreshToken: held.refreshToken },
            )
            // One session of the model is one of the code: nobody is ever in another's.
            if (held) expect(ids.get(String(id)) ?? held.session).toBe(held.session)
            if (held) ids.set(String(id), held.session)
          }
        }
        expect(new Set(ids.values()).size).toBe(ids.size)
      }),
      { numRuns, seed },
    )
  },
  fuzzTimeout(120_000),
)

test(
  'no refresh ends the session of a user whose responses all name that user, whatever those leave out',
  async () => {
    const days = fc.tuple(fc.nat(people.length - 1), fc.boolean(), fc.array(shapes, { minLength: 2, maxLength: 10 }))
    await fc.assert(
      fc.asyncProperty(days, async ([person, appSpeaksAtLogin, [login, ...answers]]) => {
        const { tabs, look } = createTabs()
        const [one] = tabs
        await one.session.signIn(inputOf(answerOf(person, { ...(login as Shape), appSpeaks: appSpeaksAtLogin })))
        const { sessionId: id, epoch } = one.session.state
        for (const [index, shape] of answers.entries()) {
          await look()
          // An app that does not say at the login who it is does not begin to later.
          const appSpeaks = appSpeaksAtLogin && shape.appSpeaks
          await refresh(tabs[(index % 2) as 0 | 1], inputOf(answerOf(person, { ...shape, appSpeaks })))
        }
        await look()
        for (const { session, discarded } of tabs) {
          expect(session.state).toMatchObject({ status: 'signed-in', sessionId: id, epoch })
          expect(discarded).toEqual([])
        }
      }),
      { numRuns: numRuns / 4, seed },
    )
  },
  fuzzTimeout(120_000),
)
