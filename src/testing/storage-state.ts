import { createClientOn } from '../client/create-client.ts'
import type { ClientOptions } from '../client/options.ts'
import { check } from '../errors.ts'
import { parseUrl } from '../platform/page.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionRecord, SessionStore } from '../session/session-store.ts'
import { storageStore } from '../stores/web-storage.ts'

export interface StorageStateOptions
  extends Pick<ClientOptions<never>, 'refresh' | 'sessionName' | 'scheme' | 'allowInsecureRequests'> {
  /** The page's origin. @example 'http://localhost:5173' */
  readonly origin: string
  /** As in the app's `createClient`: the session's name is made from it, and from `refresh`. */
  readonly baseUrl?: string | URL | undefined
  /** What a login returned: `server.issue('alice')`. Not the same for two tests: refresh tokens rotate. */
  readonly tokens: SessionInput
  /** Which store the app uses. @default 'indexedDB' */
  readonly store?: 'indexedDB' | 'localStorage' | undefined
  /** @default 'latchkey' */
  readonly databaseName?: string | undefined
}

/** What Playwright's `storageState` takes. */
export interface StorageState {
  readonly cookies: []
  readonly origins: {
    origin: string
    localStorage: { name: string; value: string }[]
    indexedDB?: object[]
  }[]
}

/**
 * Makes the storage of a browser in which a user is signed in, for Playwright's `browser.newContext({ storageState })`. Make one
 * for each test: tests that begin with the same refresh token would use it twice, which ends the session.
 *
 * @throws ConfigurationError as `createClient` does
 * @see https://playwright.dev/docs/auth
 *
 * @example
 * test.use({ storageState: ({}, use) => use(createStorageState({ origin, baseUrl, tokens: server.issue('alice') })) })
 */
export function createStorageState(options: StorageStateOptions): StorageState {
  check(parseUrl(Object(options).origin), 'origin', "write the origin of the page: 'http://localhost:5173'")
  check(Object(options).tokens, 'tokens', "write what a login returned: `server.issue('alice')`")
  const { origin, baseUrl = '', tokens, store = 'indexedDB', databaseName = 'latchkey', ...session } = options
  const items = new Map<string, string>()
  const records: { key: string; value: SessionRecord }[] = []
  const recording: SessionStore = {
    shared: false,
    read: () => null,
    compareAndSet: () => true,
    overwrite: (key, value) => void records.push({ key, value }),
  }
  const web = storageStore(
    () =>
      ({
        getItem: name => items.get(name) ?? null,
        setItem: (name, value) => void items.set(name, value),
        removeItem: name => void items.delete(name),
      }) as Storage,
  )
  const client = createClientOn(
    {},
    { ...session, baseUrl: new URL(baseUrl, origin), store: store === 'localStorage' ? web : recording },
  )
  // Stored in this very task.
  void client.session.signIn(tokens)
  client.dispose()
  const localStorage = [...items].map(([name, value]) => ({ name, value }))
  const stores = [{ name: 'sessions', autoIncrement: false, indexes: [], records }]
  const indexedDB = records.length > 0 ? [{ name: databaseName, version: 1, stores }] : []
  return { cookies: [], origins: [{ origin, localStorage, indexedDB }] }
}
