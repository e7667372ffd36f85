const behaviour = (...folders: readonly string[]) => folders.map(folder => `behaviour/${folder}/**/*.test.ts`)

const rooms = {
  http: [
    // Before the properties of the same file, which take long.
    'unit/http/www-authenticate.test.ts',
    'unit/http/*.test.ts',
    ...behaviour('bodies', 'fetch', 'origins', 'outages', 'responses'),
  ],
  session: [
    // Before those that try every moment, or many cases.
    ...['sy', 'session.', 'p', 'r', 'si', 'sn', 'st'].map(start => `unit/session/${start}*.test.ts`),
    'unit/session/identity.test.ts',
    'unit/session/*.test.ts',
    'unit/client/*.test.ts',
    ...behaviour('session', 'sign-out', 'stores', 'identity', 'audiences', 'cookies'),
    'behaviour/leaks/tokens-after-the-session.test.ts',
  ],
  stores: [
    // Before that of a worker that crashes: there, each failure leaves something behind, so that a new worker is needed.
    ...['memory', 'key-value', 'web-storage', 'shared-memory', 'indexed-db'].map(
      store => `contracts/stores-${store}.test.ts`,
    ),
    'contracts/stores-*.test.ts',
    'unit/stores/*.test.ts',
    ...behaviour('stores', 'cookies', 'tabs'),
  ],
  tabs: ['contracts/tab-*.test.ts', 'unit/refresh-protocol/step-a-*.test.ts', ...behaviour('tabs', 'environments')],
  // They notice all of its mutants, in a tenth of the time that the folders of behaviour would take.
  request: ['unit/request/*.test.ts'],
  refresh: [
    'unit/refresh/**/*.test.ts',
    'unit/refresh-protocol/step-*.test.ts',
    'unit/refresh-protocol/refresher*.test.ts',
    'unit/refresh-protocol/*.test.ts',
    ...behaviour('cookies', 'outages', 'refresh', 'circuit-breaker', 'sign-out', 'time', 'session', 'audiences'),
  ],
  time: ['unit/time/*.test.ts', 'unit/refresh/*.test.ts', ...behaviour('time', 'outages', 'refresh', 'tabs')],
  login: [
    'unit/login/*.test.ts',
    'unit/client/misuse.test.ts',
    ...behaviour('reauthenticate', 'session', 'cookies', 'refresh'),
  ],
} as const satisfies Record<string, readonly string[]>

export type RoomName = keyof typeof rooms

export const roomNames = Object.keys(rooms) as RoomName[]

export const isRoomName = (name: string): name is RoomName => name in rooms

/** The tests that ought to fail for mutants of `src/<name>`, the quick ones first: glob patterns under `test`. */
export const testsOf = (name: RoomName): readonly string[] => rooms[name]
