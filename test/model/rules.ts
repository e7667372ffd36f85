/** What the world may do to the tabs, and how often. */
export interface FaultBudget {
  /** A tab dies. */
  readonly kill: number
  /** A tab falls asleep; it may wake at any later time. */
  readonly freeze: number
  /** A tab sleeps for so short a time that it cannot tell by its clocks, and nobody's lease goes stale. */
  readonly nap: number
  /** A request or an answer is lost. */
  readonly lose: number
  /** The server answers 503. */
  readonly busy: number
  /** The person signs out. */
  readonly out: number
  /** The person steps up: a sign-in that goes on with the session, and brings no refresh token. */
  readonly up: number
  /** The same person signs in anew. */
  readonly inSame: number
  /** Another person signs in. */
  readonly inOther: number
  /** The browser wipes the storage. */
  readonly wipe: number
}

export const noFaults: FaultBudget = {
  kill: 0,
  freeze: 0,
  nap: 0,
  lose: 0,
  busy: 0,
  out: 0,
  up: 0,
  inSame: 0,
  inOther: 0,
  wipe: 0,
}

/** One variant of the protocol in one kind of world. */
export interface Rules {
  readonly tabs: number
  /** How often one request may begin a refresh before it gets RefreshUnavailable. */
  readonly starts: number
  /** How many requests each tab sends, one after another, all refused. */
  readonly rounds: number
  /** A token that was used comes again: refused and the family revoked, refused only, or answered like the first time. */
  readonly server: 'strict' | 'lenient' | 'grace'
  readonly faults: Partial<FaultBudget>

  readonly lock: 'web' | 'none'
  /** One IndexedDB transaction, or localStorage: read, then write. */
  readonly store: 'atomic' | 'torn'
  /** localStorage: a read may still see the record before the last write. */
  readonly stale: boolean
  /** Of a session: a stored counter, or random and never used before. */
  readonly identity: 'counter' | 'random'
  /** How the lease is written. */
  readonly mark: 'blind' | 'compare-and-set'
  /** What tells that a record was written since: its content, or a revision, which also tells that it was changed and changed back. */
  readonly compares: 'content' | 'revision'
  /** An open lease of another tab is respected. */
  readonly lease: boolean
  /** Before sending: was this tab asleep since it leased? Then read again. */
  readonly lateCheck: boolean
  /** When the lock cannot be had. */
  readonly noLock: 'go' | 'fail' | 'wait'
  /** A sleeper's lease is taken over when stale, or never while its lock shows that it lives. */
  readonly takeover: 'stale' | 'never'
  /** What "newer" is compared with: the generation the flight began with, or memory, which a message may have moved. */
  readonly newerThan: 'flight' | 'memory'
  /** What tells two leases of one tab apart: random for each lease, or the same for one refresh. */
  readonly leaseId: 'fresh' | 'attempt'
  /** The engine takes the lock from a page that it suspends (WebKit). */
  readonly dropLock: boolean
  /** Whether a tab that naps is told that it will (pagehide, freeze), so that it counts as a sleep and its lock as lost. */
  readonly naps: 'told' | 'untold'
  /** The patience for the lock counts from the request, anew with each holder, or may end at any moment. */
  readonly wait: 'total' | 'idle' | 'any'
  /** After a lost answer: one more try ever, or each later refresh may try. */
  readonly retries: 'once' | 'backoff'
  /**
   * After a passing failure the flight itself tries again: never, as often as it likes, or once after a lost answer, by its own
   * count or by the record's, which also knows what other tabs have lost.
   */
  readonly patience: 'none' | 'ever' | 'flight' | 'record'
  /** A refusal removes the session, or waits for another tab's open lease on the same token. */
  readonly refusal: 'remove' | 'wait'
  /** After leasing, wait longer than a torn write can take and read again. */
  readonly settle: boolean
  /** Wait longer than a write takes to show in other tabs before any read that decides. */
  readonly waitOut: boolean
  /** Web storage: which session is the current one is a key of its own. */
  readonly split: boolean
  /** A tab re-reads when told of a change, or whenever it likes: on waking, while it waits, before a send. */
  readonly looks: 'told' | 'any'
  /** How a sign-in that goes on with its session is written: it may be over in the store. */
  readonly stepUp: 'blind' | 'compare-and-set'
  /** A sign-in counts in its tab at once, or when it is stored. */
  readonly signIn: 'stored' | 'at-once'
}

/** Where the design began. */
export const firstDesign: Rules = {
  tabs: 2,
  starts: 1,
  rounds: 1,
  server: 'strict',
  faults: {},
  lock: 'web',
  store: 'atomic',
  stale: false,
  identity: 'counter',
  mark: 'blind',
  compares: 'content',
  lease: false,
  lateCheck: false,
  noLock: 'go',
  takeover: 'stale',
  newerThan: 'flight',
  leaseId: 'fresh',
  dropLock: false,
  naps: 'told',
  wait: 'total',
  retries: 'once',
  patience: 'none',
  refusal: 'remove',
  settle: false,
  waitOut: false,
  split: false,
  looks: 'told',
  stepUp: 'blind',
  signIn: 'stored',
}

/** The protocol as it is built (src/refresh). */
export const protocol: Rules = {
  ...firstDesign,
  identity: 'random',
  mark: 'compare-and-set',
  lease: true,
  lateCheck: true,
  retries: 'backoff',
  patience: 'record',
  refusal: 'wait',
  stepUp: 'compare-and-set',
}

/** The same in a world where time decides nothing: what the code may do whatever its clocks say (steps/). */
export const timeless: Rules = { ...protocol, wait: 'any', looks: 'any', signIn: 'at-once', compares: 'revision' }
