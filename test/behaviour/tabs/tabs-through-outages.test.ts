import { createFakeServer, createTabs, type FakeServerOptions, type Outage, type TestClient } from 'latchkey/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Three tabs with the patience of real clients, against a server that ends the session of a token that is used twice. */
const openTabs = async (options: FakeServerOptions = {}) => {
  const server = createFakeServer(options)
  const onLoginRequired = vi.fn()
  const tabs = await createTabs(3, { server, onLoginRequired, limits: { patienceMs: 5000 } })
  for (const { dispose } of tabs) onTestFinished(dispose)
  return { server, tabs, onLoginRequired }
}
const codeOf = (error: { readonly code?: string }) => error.code ?? 'another error'
/** A request from each tab, and its outcome within `ms`. `meanwhile`: once all of them wait. */
const askEach = async (tabs: readonly TestClient[], ms: number, meanwhile?: () => unknown) => {
  const outcomes = Promise.all(tabs.map(tab => tab.get('todos').then(({ status }) => status, codeOf)))
  await vi.advanceTimersByTimeAsync(1000)
  await meanwhile?.()
  await vi.advanceTimersByTimeAsync(ms - 1000)
  return outcomes
}

describe('Three tabs whose token has expired (promises 4 and 8)', () => {
  test.each<Outage>(['offline', 'garbage', 'html', 500, 503])(
    'outlast a refresh that fails once with %s: no tab sees it, and no refresh token is used twice',
    async how => {
      const { server, tabs, onLoginRequired } = await openTabs()
      server.expireAccessTokens()
      server.outage(how, 'token', 1)
      expect(await askEach(tabs, 10_000)).toEqual([200, 200, 200])
      expect({ refreshes: server.refreshes, reuses: server.reuses }).toEqual({ refreshes: 2, reuses: 0 })
      expect(onLoginRequired).not.toHaveBeenCalled()
    },
  )

  test('keep their session through an outage that lasts, and go on after it', async () => {
    const { server, tabs } = await openTabs()
    server.expireAccessTokens()
    server.outage(503, 'token')
    expect(await askEach(tabs, 60_000)).toEqual(Array(3).fill('refresh-unavailable'))
    expect(tabs.map(({ session }) => session.status)).toEqual(Array(3).fill('signed-in'))
    server.outage(null)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await askEach(tabs, 10_000)).toEqual([200, 200, 200])
    expect(server.reuses).toBe(0)
  })

  test('outlast a lost response, if the server forgives the reuse that follows', async () => {
    const { server, tabs, onLoginRequired } = await openTabs({ reuseIntervalMs: 30_000 })
    server.expireAccessTokens()
    server.outage('lost', 'token', 1)
    expect(await askEach(tabs, 30_000)).toEqual([200, 200, 200])
    expect({ refreshes: server.refreshes, reuses: server.reuses }).toEqual({ refreshes: 2, reuses: 1 })
    expect(onLoginRequired).not.toHaveBeenCalled()
  })

  test('end together after a lost response, if the server is strict', async () => {
    const { server, tabs, onLoginRequired } = await openTabs()
    server.expireAccessTokens()
    server.outage('lost', 'token', 1)
    expect(await askEach(tabs, 30_000)).toEqual(Array(3).fill('session-ended'))
    expect(tabs.map(({ session }) => session.getSnapshot().endReason)).toEqual(Array(3).fill('refresh-rejected'))
    expect({ reuses: server.reuses, logins: onLoginRequired.mock.calls.length }).toEqual({ reuses: 1, logins: 3 })
  })

  test('send nothing more after a sign-out that comes in the middle of a refresh', async () => {
    const { server, tabs } = await openTabs()
    server.expireAccessTokens()
    server.outage('hang', 'token', 1)
    expect(await askEach(tabs, 1000, tabs[1].session.signOut)).toEqual(Array(3).fill('session-ended'))
    const before = server.requests.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tabs.map(({ session }) => session.status)).toEqual(Array(3).fill('signed-out'))
    expect(server.requests.slice(before).filter(({ path }) => path !== '/revoke')).toEqual([])
  })
})
