import fc from 'fast-check'

export type User = 'alice' | 'bob'

/** How a day is: it stays the same from morning to night. */
export interface DaySettings {
  /** Webviews of one shell, each with its own page and store. */
  readonly pages: 1 | 2
  readonly user: User | null
  /** How the shell names the user. Nameless tokens are allowed where only one user ever signs in. */
  readonly names: 'subject' | 'jwt' | 'none'
  /** Whether the bridge returns a promise of the response, or the shell posts it. */
  readonly bridge: 'returns' | 'posts'
  /** Responds at once to all but logins. Otherwise each response is a step. */
  readonly isPrompt: boolean
  readonly store: 'none' | 'at once' | 'slow'
  readonly hasLogin: boolean
  /** To which pages the shell posts `refreshed` once it has a newer token. */
  readonly postsRefreshed: 'to none' | 'to the others' | 'to all'
}

export const answers = ['right', 'right', 'right', 'unavailable', 'busy', 'garbage', 'null', 'fails', 'never'] as const
export type Answer = (typeof answers)[number]

export const extras = ['', '', 'twice', 'refreshed after it', 'refreshed before it'] as const
export type Extra = (typeof extras)[number]

/** What happens, one after another; what one script of the shell or of the page does is in one task. */
export type Step =
  | { readonly kind: 'request' | 'refresh' | 'sign-out' | 'load' | 'suspend' | 'resume'; readonly page: number }
  | { readonly kind: 'shell-in'; readonly who: User; readonly extra: Extra }
  | { readonly kind: 'shell-out'; readonly extra: Extra }
  /** The shell posts what is so, though nothing has changed. */
  | { readonly kind: 'post-again'; readonly extra: Extra }
  | { readonly kind: 'post-refreshed' }
  /** The shell decides what it will respond to the n-th message that waits; it is sent by a later step. */
  | {
      readonly kind: 'decide' | 'respond'
      readonly message: number
      readonly answer: Answer
      readonly who: User | null
    }
  /** The API rejects the tokens of before. */
  | { readonly kind: 'expire' }
  /** The shell posts what it owes after it could not respond. */
  | { readonly kind: 'catch-up' }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }

export interface DayPlan {
  readonly settings: DaySettings
  readonly steps: readonly Step[]
}

type Kinds = readonly [Step['kind'], ...Step['kind'][]]
type Parts = Readonly<Record<string, fc.Arbitrary<unknown>>>

const of = (weight: number, kinds: Kinds, parts: Parts = {}) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constantFrom(...kinds), ...parts }) as unknown as fc.Arbitrary<Step>,
})
const page = fc.nat(1)
const who = fc.constantFrom<User>('alice', 'bob')
const extra = fc.constantFrom(...extras)
const response = {
  message: fc.constantFrom(0, 0, 0, 1, 2, 3),
  answer: fc.constantFrom(...answers),
  who: fc.constantFrom('alice', 'bob', null),
} as const

const step: fc.Arbitrary<Step> = fc.oneof(
  of(5, ['request'], { page }),
  of(2, ['refresh'], { page }),
  of(2, ['sign-out'], { page }),
  of(3, ['shell-in'], { who, extra }),
  of(2, ['shell-out', 'post-again'], { extra }),
  of(1, ['post-refreshed', 'expire', 'catch-up']),
  of(1, ['load'], { page }),
  of(2, ['suspend', 'resume', 'resume'], { page }),
  of(3, ['decide'], response),
  of(9, ['respond'], response),
  of(1, ['sleep'], { ms: fc.constantFrom(1000, 60_000, 3_600_000) }),
  of(6, ['wait'], { ms: fc.constantFrom(0, 2, 20, 100, 1000, 5000, 11_000, 60_000) }),
)

const settings: fc.Arbitrary<DaySettings> = fc.record({
  pages: fc.constantFrom(1, 1, 2),
  user: fc.constantFrom('alice', null),
  names: fc.constantFrom('subject', 'subject', 'jwt', 'none'),
  bridge: fc.constantFrom('returns', 'posts'),
  isPrompt: fc.constantFrom(false, false, true),
  store: fc.constantFrom('none', 'none', 'at once', 'slow'),
  hasLogin: fc.constantFrom(true, true, false),
  postsRefreshed: fc.constantFrom('to none', 'to the others', 'to all'),
})

export const days = (maxSteps: number): fc.Arbitrary<DayPlan> =>
  fc.record({ settings, steps: fc.array(step, { minLength: 3, maxLength: maxSteps, size: 'max' }) })
