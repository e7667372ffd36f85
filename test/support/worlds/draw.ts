import fc from 'fast-check'
import {
  type DialogAnswer,
  type Mode,
  networkFaults,
  type Person,
  type Shape,
  type Step,
  shapesOf,
  storeFaults,
  strikes,
  tabCount,
  type WorldPlan,
  type WorldSettings,
} from './plan.ts'

/** What a world of this test may have; the rest follows by chance. */
export interface Bounds {
  readonly mode: Mode
  readonly isStoreBroken: boolean
  readonly maxSteps: number
}

/** Somebody sets the clock: a little, by a zone, by a day, back to 1970. */
const clockJumpsMs = [-1.78e12, -86_400_000, -3_600_000, -60_000, -3000, 3000, 60_000, 3_600_000, 86_400_000, 4e10]

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
    storage: fc.constantFrom<WorldSettings['storage']>('atomic', 'atomic', 'atomic', 'web'),
    monotonicStands: fc.boolean(),
    shape: fc.constantFrom<Shape>(...shapesOf(mode)),
    lifetimeMs: fc.constantFrom(5000, 60_000, 300_000, 3_600_000),
    lifetimeIn: fc.constantFrom<WorldSettings['lifetimeIn']>('response', 'token', 'nothing'),
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
    of(2, ['reload', 'reload', 'kill'], { tab, forMs }),
    of(3, ['freeze'], { tab, forMs, how: fc.constantFrom('sudden', 'told', 'cached') }),
    of(2, ['sleep', 'outage', 'crash', 'refusal'], { forMs }),
    of(2, ['overload'], { forMs, retryAfterMs: fc.constantFrom(0, 4000, 20_000, 20_000), isMet: fc.boolean() }),
    of(2, ['burst'], { tab, what: fc.constantFrom('rejections', 'refreshes') }),
    of(1, ['clock'], { byMs: fc.constantFrom(...clockJumpsMs) }),
    of(6, ['expire'], {}),
    of(1, ['revoke'], { who: fc.constantFrom('alice', 'bob', 'all') }),
    of(5, ['strike'], { what: fc.constantFrom(...strikes), inMs: fc.constantFrom(0, 5, 30, 80, 400) }),
    of(4, ['token-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constantFrom(1, 1, 2, 5) }),
    of(2, ['api-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constantFrom(1, 2) }),
    ...(isCookie ? [of(1, ['login-fault'], { fault: fc.constantFrom(...networkFaults), count: fc.constant(1) })] : []),
    ...(isStoreBroken
      ? [
          of(6, ['store-fault'], {
            fault: fc.constantFrom(...storeFaults),
            count: fc.constantFrom(1, 1, 2, 8),
            at: fc.constantFrom('call', 'write'),
          }),
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
