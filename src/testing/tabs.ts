import type { JwtClaims } from '../session/credentials.ts'
import type { SessionStore } from '../session/session-store.ts'
import { memoryStore } from '../stores/memory.ts'
import { issueFor, openClient, settle, type TestClient, type TestClientOptions } from './test-client.ts'

/**
 * A store that several clients of one process share as the tabs of a browser share IndexedDB: for clients that your app makes.
 * Records are copied, and never read or written in the same task. It uses no timers.
 */
export function createTabStore(): SessionStore {
  const memory = memoryStore()
  const later = async <Result>(step: () => Result | PromiseLike<Result>): Promise<Result> => {
    await undefined
    return step()
  }
  return {
    ...memory,
    shared: true,
    read: name => later(async () => structuredClone(await memory.read(name))),
    compareAndSet: (name, expected, next) => later(() => memory.compareAndSet(name, expected, structuredClone(next))),
    overwrite: (name, next) => later(() => memory.overwrite(name, structuredClone(next))),
  }
}

/**
 * Makes clients that share one session as the tabs of a browser do, in one process, against one server. Resolves once all of
 * them are signed in.
 *
 * @default count 2
 * @example
 * const [one, two] = await createTabs()
 * await one.session.signOut()
 * await vi.waitFor(() => expect(two.session.status).toBe('signed-out'))
 */
export async function createTabs<Claims extends object = JwtClaims>(
  count = 2,
  options: TestClientOptions<Claims> = {},
): Promise<[TestClient<Claims>, TestClient<Claims>, ...TestClient<Claims>[]]> {
  const settled = settle({ store: createTabStore(), ...options })
  const open = () => openClient(settled).client
  const [first, second] = [open(), open()]
  const others = Array.from({ length: Math.max(0, count - 2) }, open)
  await first.session.signIn(issueFor(settled))
  await Promise.all([second, ...others].map(({ session }) => session.ready()))
  return [first, second, ...others]
}
