import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { type Browser, openBrowser, type Page } from '../../support/browsers.ts'

interface Seen {
  readonly outcomes: Readonly<Record<string, number>>
  /** By the page's own monotonic clock. */
  readonly ms: number
  readonly status: string
}

/** A server with a great deal of leeway: a machine that is slow for a moment shall make no difference. */
const useTokens = `
  const { createClient } = await import('latchkey')
  const lifetime = { expiresInSeconds: 1 }
  const api = createClient({
    baseUrl: location.origin,
    refresh: async ({ refreshToken, post }) => ({ ...(await post('/auth/refresh', { refreshToken })), ...lifetime }),
  })
  const startedAt = performance.now()
  await api.session.signIn({ ...(await (await fetch('/auth/login', { method: 'POST' })).json()), ...lifetime })
  const outcomes = {}
  while (performance.now() - startedAt < args[0]) {
    const { status } = await api.fetch('/api/poll')
    outcomes[status] = (outcomes[status] ?? 0) + 1
  }
  return { outcomes, ms: performance.now() - startedAt, status: api.session.status }`

let server: AuthServer
let browser: Browser
let page: Page
beforeAll(async () => {
  server = await startAuthServer({ keepOldAccessTokens: true })
  browser = await openBrowser('chromium')
  page = await browser.newPage(`${server.origin}/page.html`)
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

test('a page that uses one-second tokens without a pause refreshes each after three quarters of a second at the earliest', async () => {
  const seen = await page.run<Seen>(useTokens, 4000)
  expect([Object.keys(seen.outcomes), seen.status]).toEqual([['200'], 'signed-in'])
  expect(server.refreshes).toBeGreaterThan(1)
  expect(server.refreshes).toBeLessThanOrEqual(seen.ms / 750)
  expect(server.reuses).toBe(0)
})
