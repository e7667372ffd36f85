import { createClient, type SessionStore } from 'latchkey'
import { expect, onTestFinished, test, vi } from 'vitest'

/** A store that tabs share, whose records another one can take away and bring back. */
function createSharedStore() {
  const records = new Map<string, Parameters<SessionStore['overwrite']>[1]>()
  const watchers = new Set<() => void>()
  const store: SessionStore = {
    shared: true,
    read: name => records.get(name) ?? null,
    compareAndSet(name, revision, next) {
      if ((records.get(name)?.revision ?? null) !== revision) return false
      records.set(name, structuredClone(next))
      return true
    },
    overwrite: (name, next) => void records.set(name, structuredClone(next)),
    watch(_, changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
  }
  const tell = () => {
    for (const changed of watchers) changed()
  }
  return { records, store, tell }
}

test('A sign-in that is repeated with used tokens is ignored, also after its session was gone from the store for a moment', async () => {
  const { records, store, tell } = createSharedStore()
  const refresh = vi.fn(async () => ({ accessToken: 'second', refreshToken: 'second-refresh', expiresInSeconds: 600 }))
  const { session, dispose } = createClient({ baseUrl: 'https://api.test/', store, refresh })
  onTestFinished(dispose)
  const login = { accessToken: 'first', refreshToken: 'first-refresh', expiresInSeconds: 600 }
  await session.signIn(login)
  await session.refresh()

  const [[name, record] = []] = [...records]
  records.clear()
  tell()
  await vi.waitFor(() => expect(session.status).toBe('signed-out'))
  records.set(String(name), record as NonNullable<typeof record>)
  tell()
  await vi.waitFor(() => expect(session.status).toBe('signed-in'))

  await session.signIn(login)
  expect(await session.getAccessToken()).toBe('second')
  expect(records.get(String(name))?.credentials).toMatchObject({ refreshToken: 'second-refresh' })
})
