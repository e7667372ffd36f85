/** What the tabs of a browser share when the refresh token is an HttpOnly cookie. */
export interface CookieRules {
  readonly tabs: number
  readonly server: 'strict' | 'lenient'
  readonly faults: Partial<CookieFaults>
  readonly lock: 'web' | 'none'
  /** A shared record { session, generation, signed out?, lease } exists; compare-and-set of it is atomic. */
  readonly record: boolean
  /** The record also carries the access token, so that a waiter can adopt it. */
  readonly access: boolean
  /** A refresh is leased in the record, and an open lease is respected. */
  readonly lease: boolean
  /** Slept since the lease? Then read again instead of sending. */
  readonly lateCheck: boolean
  /** The answer says whose token it is, and a stranger's is dropped. */
  readonly subject: boolean
  /**
   * How a start treats a sign-out that the server may not know of: it asks for nothing (`never`), it repeats the call blindly
   * (`repeats`), or it asks who is signed in and acts only on the session that it recognises (`asks`).
   */
  readonly start: 'never' | 'repeats' | 'asks'
  /** An answer that comes after a sign-out is followed by one more call. */
  readonly lateCall: boolean
  /** A login that the page itself makes waits for refreshes and sign-out calls that are under way. */
  readonly loginWaits: boolean
}

export interface CookieFaults {
  readonly kill: number
  readonly freeze: number
  readonly out: number
  readonly inOther: number
  readonly reload: number
  /** A sign-out of which the server is told by a call. */
  readonly outCall: number
  /** Such a call fails, and its page hears of it. */
  readonly lost: number
  /** A page is left for a login by navigation: as another person, or as the same one. */
  readonly navigateOther: number
  readonly navigateSame: number
}

export const noCookieFaults: CookieFaults = {
  kill: 0,
  freeze: 0,
  out: 0,
  inOther: 0,
  reload: 0,
  outCall: 0,
  lost: 0,
  navigateOther: 0,
  navigateSame: 0,
}

export const memoryOnly: CookieRules = {
  tabs: 2,
  server: 'strict',
  faults: {},
  lock: 'web',
  record: false,
  access: false,
  lease: false,
  lateCheck: false,
  subject: false,
  start: 'never',
  lateCall: false,
  loginWaits: false,
}

/** The cookie mode as it is built. */
export const cookieProtocol: CookieRules = {
  ...memoryOnly,
  record: true,
  lease: true,
  lateCheck: true,
  subject: true,
  start: 'asks',
  lateCall: true,
  loginWaits: true,
}

export const nobody = -1

/** Sign-in at the server and number of a cookie in one integer; 0 is "no cookie". */
export type Cookie = number
export const cookieOf = (family: number, number: number): Cookie => family * 8 + number + 1
export const cookieFamily = (cookie: Cookie): number => (cookie - 1) >> 3
export const cookieNumber = (cookie: Cookie): number => (cookie - 1) & 7
export const showCookie = (cookie: Cookie): string =>
  cookie === 0 ? 'none' : `${cookieFamily(cookie) + 1}.${cookieNumber(cookie) + 1}`

export interface CookieTab {
  life: 'live' | 'frozen' | 'dead'
  late: boolean
  session: number
  generation: number
  /** Whose access token it holds. */
  family: number
  request: { readonly session: number; readonly generation: number; readonly user: number } | null
  step: 'fresh' | 'idle' | 'wait' | 'read' | 'send' | 'await' | 'apply' | 'refused' | 'free'
  flownSession: number
  flownGeneration: number
  /** The refresh asks who is signed in: nothing is known yet. */
  flownStart: boolean
  sent: Cookie
  /** 0: nothing; 1: the request is under way; 2: its answer; 3: the browser has it. */
  net: 0 | 1 | 2 | 3
  answer: { readonly granted: boolean; readonly family: number; readonly cookie: Cookie } | null
  hint: boolean
  attempt: number
  /** Signed in at the server as this family, and the library was not told yet. */
  arrived: number | null
}

/** A sign-out that the server may not know of. */
export interface PendingSignOut {
  readonly id: number
  readonly user: number
  /** The call surely did not arrive. */
  readonly failed: boolean
  /** A refresh was under way, whose answer may bring a cookie of the session that was signed out. */
  readonly refresh: boolean
}

export interface CookieRecord {
  readonly session: number
  readonly generation: number
  readonly signedOut: boolean
  /** By a person, not by a refusal. */
  readonly deliberate: boolean
  readonly family: number
  readonly lease: { readonly by: number; readonly attempt: number } | null
  readonly pending: PendingSignOut | null
}

/** A call of the sign-out endpoint: 1 it is under way, 2 its answer is. */
export interface SignOutCall {
  readonly id: number
  readonly by: number
  readonly cookie: Cookie
  readonly net: 1 | 2
}

export interface CookieState {
  tabs: CookieTab[]
  /** The browser's cookie jar. */
  jar: Cookie
  record: CookieRecord
  lock: number
  queue: number[]
  families: { current: number; revoked: boolean; readonly user: number; signedOut: boolean }[]
  fresh: number
  refreshes: number
  calls: SignOutCall[]
  faults: Record<keyof CookieFaults, number>
}

const refreshingSteps: readonly CookieTab['step'][] = ['send', 'await', 'apply', 'refused']
export const isCookieRefreshing = (step: CookieTab['step']): boolean => refreshingSteps.includes(step)

export const cloneCookieState = (state: CookieState): CookieState => ({
  ...state,
  tabs: state.tabs.map(tab => ({ ...tab })),
  queue: [...state.queue],
  families: state.families.map(family => ({ ...family })),
  calls: [...state.calls],
  faults: { ...state.faults },
})

export const isCookieSettled = (state: CookieState): boolean =>
  state.calls.length === 0 &&
  state.tabs.every(tab => tab.life !== 'live' || (tab.step === 'idle' && !tab.request && tab.arrived === null))

export function initialCookieState(rules: CookieRules): CookieState {
  const tab: CookieTab = {
    life: 'live',
    late: false,
    session: 1,
    generation: 0,
    family: 0,
    request: { session: 1, generation: 0, user: 0 },
    step: 'idle',
    flownSession: 1,
    flownGeneration: 0,
    flownStart: false,
    sent: 0,
    net: 0,
    answer: null,
    hint: false,
    attempt: 0,
    arrived: null,
  }
  return {
    tabs: Array.from({ length: rules.tabs }, () => ({ ...tab })),
    jar: cookieOf(0, 0),
    record: { session: 1, generation: 0, signedOut: false, deliberate: false, family: 0, lease: null, pending: null },
    lock: -1,
    queue: [],
    families: [{ current: 0, revoked: false, user: 0, signedOut: false }],
    fresh: 2,
    refreshes: 0,
    calls: [],
    faults: { ...noCookieFaults, ...rules.faults },
  }
}
