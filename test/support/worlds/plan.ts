import fc from 'fast-check'

export const modes = ['bearer', 'oauth', 'dpop', 'cookie', 'bff'] as const
export type Mode = (typeof modes)[number]
export type Person = 'alice' | 'bob'

/**
 * How user and server name whom tokens belong to:
 *
 * - `app`: the app says so at the login, the refresh says nothing. `both`: the refresh says so, too
 * - `id-token`: an ID token names the user at the login; every other refresh brings one
 * - `other-sub`: the `sub` of the access token is another one than the ID token's
 * - `app-and-id-token`: the app uses a name of its own
 * - `numeric`: a number at the login, its text at the refresh
 * - `issuers`: the same `sub` of two issuers
 * - `opaque`: nothing names the user
 */
export const shapes = [
  'app',
  'both',
  'id-token',
  'other-sub',
  'app-and-id-token',
  'numeric',
  'issuers',
  'opaque',
] as const
export type Shape = (typeof shapes)[number]

export const networkFaults = [
  'lost-before',
  'lost-after',
  'busy',
  'busy-until',
  'broken',
  'html',
  'cut',
  'slow',
  'hang',
] as const
export type NetworkFault = (typeof networkFaults)[number]
export const storeFaults = ['lags', 'refuses', 'loses', 'corrupts', 'late', 'hangs', 'lands'] as const
export type StoreFault = (typeof storeFaults)[number]

export interface DialogAnswer {
  readonly who: 'same' | 'other' | 'declined' | 'throws'
  readonly afterMs: number
}

/** What kind of world it is. */
export interface WorldSettings {
  readonly mode: Mode
  /** Whether the client is made with ky (`createClient`) or without (`createAuthenticatedFetch`). */
  readonly hasKy: boolean
  readonly reuse: 'strict' | 'grace' | 'static'
  readonly hasLocks: boolean
  readonly dropsLocks: boolean
  readonly hasChannel: boolean
  readonly isShared: boolean
  readonly monotonicStands: boolean
  readonly shape: Shape
  readonly lifetimeMs: number
  readonly tellsLifetime: boolean
  readonly keepsOldTokens: boolean
  /** What users do when they are asked, one after the other; `null`: the app has no dialog. */
  readonly dialog: readonly DialogAnswer[] | null
  /** Whether the API asks for a nonce now and then (DPoP). */
  readonly hasNonces: boolean
  readonly hasAudiences: boolean
  readonly waitsOffline: boolean
  readonly seed: number
}

export type Step = { readonly afterMs: number } & (
  | {
      readonly kind: 'ask'
      readonly tab: number
      readonly count: number
      readonly to: 'api' | 'files' | 'vault' | 'foreign'
      readonly form: 'get' | 'post' | 'stream' | 'keepalive' | 'once' | 'optional' | 'bare'
      readonly abortAfterMs: number | null
    }
  | { readonly kind: 'refresh' | 'token' | 'sign-out' | 'dispose'; readonly tab: number }
  | { readonly kind: 'sign-in' | 'step-up' | 'navigate'; readonly tab: number; readonly who: Person }
  | { readonly kind: 'reload'; readonly tab: number; readonly forMs: number }
  | {
      readonly kind: 'freeze'
      readonly tab: number
      readonly how: 'sudden' | 'told' | 'cached'
      readonly forMs: number
    }
  | { readonly kind: 'sleep' | 'outage' | 'overload'; readonly forMs: number }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'expire' | 'wipe' | 'wait' }
  | { readonly kind: 'revoke'; readonly who: Person | 'all' }
  | { readonly kind: 'token-fault' | 'api-fault' | 'login-fault'; readonly fault: NetworkFault; readonly count: number }
  | { readonly kind: 'store-fault'; readonly fault: StoreFault; readonly count: number }
)

export interface WorldPlan {
  readonly settings: WorldSettings
  readonly steps: readonly Step[]
}

export const tabCount = 3

/** What a world of this test may have; the rest follows by chance. */
export interface Bounds {
  readonly mode: Mode
  readonly isStoreBroken: boolean
  readonly maxSteps: number
}

const settingsOf = ({ mode }: Bounds): fc.Arbitrary<WorldSettings> => {
  const isCookie = mode === 'cookie' || mode === 'bff'
  const answer = fc.record({
    who: fc.constantFrom<DialogAnswer['who']>('same', 'same', 'other', 'declined', 'throws'),
    afterMs: fc.constantFrom(0, 500, 20_000),
  })
  return fc.record({
    mode: fc.constant(mode),
    hasKy: fc.boolean(),
    reuse: fc.constantFrom<WorldSettings['reuse']>('strict', 'strict', 'grace', 'static'),
    hasLocks: fc.boolean(),
    dropsLocks: fc.boolean(),
    hasChannel: fc.boolean(),
    // The tabs of a cookie need a record that they share.
    isShared: isCookie ? fc.constant(true) : fc.constantFrom(true, true, true, false),
    monotonicStands: fc.boolean(),
    // Whose cookie it is must be said: nothing else in the page tells.
    shape: isCookie ? fc.constantFrom<Shape>('both', 'numeric') : fc.constantFrom(...shapes),
    lifetimeMs: fc.constantFrom(5000, 60_000, 300_000, 3_600_000),
    tellsLifetime: fc.boolean(),
    keepsOldTokens: fc.boolean(),
    dialog: fc.option(fc.array(answer, { maxLength: 4 })),
    hasNonces: mode === 'dpop' ? fc.boolean() : fc.constant(false),
    hasAudiences: mode === 'oauth' ? fc.boolean() : fc.constant(false),
    waitsOffline: fc.boolean(),
    seed: fc.nat(),
  })
}

const stepOf = ({ mode, isStoreBroken }: Bounds): fc.Arbitrary<Step> => {
  const isCookie = mode === 'cookie' || mode === 'bff'
  const afterMs = fc.constantFrom(
    0,
    0,
    0,
    0,
    0,
    1,
    1,
    5,
    5,
    20,
    60,
    150,
    400,
    1000,
    3000,
    6000,
    12_000,
    31_000,
    70_000,
    310_000,
  )
  const forMs = fc.constantFrom(30, 300, 1500, 4000, 11_000, 20_000, 120_000, 4_000_000)
  // Most of what goes wrong goes wrong in one tab, in which one thing follows closely upon another.
  const tab = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.nat(tabCount - 1) })
  const who = fc.constantFrom<Person>('alice', 'bob')
  const of = <Kind extends Step['kind']>(weight: number, kinds: readonly Kind[], model: object) => ({
    weight,
    arbitrary: fc.record({ kind: fc.constantFrom(...kinds), afterMs, ...model }) as unknown as fc.Arbitrary<Step>,
  })
  return fc.oneof(
    of(14, ['ask'], {
      tab,
      count: fc.constantFrom(1, 1, 2, 4),
      to: fc.constantFrom('api', 'api', 'api', 'files', 'vault', 'foreign'),
      form: fc.constantFrom('get', 'get', 'get', 'post', 'stream', 'keepalive', 'once', 'optional', 'bare'),
      abortAfterMs: fc.constantFrom(null, null, null, 0, 30, 200, 3000),
    }),
    of(2, ['refresh', 'token'], { tab }),
    of(2, ['sign-out'], { tab }),
    of(1, ['dispose'], { tab }),
    of(3, ['sign-in'], { tab, who }),
    of(1, [isCookie ? 'navigate' : 'step-up'], { tab, who }),
    of(2, ['reload'], { tab, forMs }),
    of(3, ['freeze'], { tab, forMs, how: fc.constantFrom('sudden', 'told', 'cached') }),
    of(2, ['sleep', 'outage', 'overload'], { forMs }),
    of(1, ['clock'], { byMs: fc.constantFrom(-86_400_000, -60_000, 60_000, 86_400_000) }),
    of(6, ['expire'], {}),
    of(1, ['revoke'], { who: fc.constantFrom('alice', 'bob', 'all') }),
    of(4, ['token-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constantFrom(1, 1, 2, 5) }),
    of(2, ['api-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constantFrom(1, 2) }),
    ...(isCookie ? [of(1, ['login-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constant(1) })] : []),
    ...(isStoreBroken
      ? [
          of(6, ['store-fault'], { fault: fc.constantFrom(...storeFaults), count: fc.constantFrom(1, 1, 2, 8) }),
          of(1, ['wipe'], {}),
        ]
      : []),
    of(2, ['wait'], {}),
  )
}

/** Worlds within bounds; their size, their choice and how they shrink are fast-check's. */
export const worldsOf = (bounds: Bounds): fc.Arbitrary<WorldPlan> =>
  fc.record({
    settings: settingsOf(bounds),
    steps: fc.array(stepOf(bounds), { minLength: 4, maxLength: bounds.maxSteps, size: 'max' }),
  })
