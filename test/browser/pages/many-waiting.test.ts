import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { type Browser, openBrowser, type Page } from '../../support/browsers.ts'

const count = 10_000

interface Seen {
  /** How many requests ended so. */
  readonly outcomes: Readonly<Record<string, number>>
  /** How many sends the API got: in all, with a token that is good no more, and before the refresh was let go on. */
  readonly sends: number
  readonly refused: number
  readonly sentWhileWaiting: number
  /** From then on to the last response. */
  readonly ms: number
  /** What the same number of calls of that API takes by itself, on this machine as it is now. */
  readonly bareMs: number
}

/**
 * The refresh goes over the network, to a server that holds it. The API is in the page, behind the app's own `fetch`: what is
 * measured is not how fast a browser makes ten thousand connections.
 */
const sendMany = `
  const [count] = args
  const { createClient } = await import('latchkey')
  let [sends, refused, good] = [0, 0, null]
  const answer = async input => {
    const token = new Request(input).headers.get('authorization')
    sends += 1
    if (token === good) return new Response('fine')
    refused += 1
    return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
  }
  const api = createClient({
    baseUrl: location.origin,
    fetch: (input, init) => input.url.includes('/api/') ? answer(input) : fetch(input, init),
    refresh: async ({ refreshToken, post }) => {
      const tokens = await post('/auth/refresh', { refreshToken })
      good = 'Bearer ' + tokens.accessToken
      return tokens
    },
  })
  await api.session.signIn(await (await fetch('/auth/login', { method: 'POST' })).json())

  // The first finds out that the token is good no more; all others know, and wait.
  const refreshing = new Promise(resolve => api.session.on('refresh-started', resolve))
  const first = api.fetch('/api/first')
  await refreshing
  const outcomes = {}
  const settle = outcome => { outcomes[outcome] = (outcomes[outcome] ?? 0) + 1 }
  const all = Array.from({ length: count }, (_, index) => api.fetch('/api/' + index).then(
    async response => settle(response.status + ' ' + await response.text()),
    error => settle(error.code ?? error.message),
  ))
  const turn = () => new Promise(resolve => setTimeout(resolve))
  // Whatever would be sent has been by then.
  for (let turns = 0; turns < 20; turns += 1) await turn()
  const sentWhileWaiting = sends

  const startedAt = performance.now()
  await fetch('/go', { method: 'POST' })
  await Promise.all([first, ...all])
  const seen = { outcomes, sends, refused, sentWhileWaiting, ms: performance.now() - startedAt }
  const bareStartedAt = performance.now()
  await Promise.all(Array.from({ length: count }, async (_, index) => (await answer('/api/' + index)).text()))
  return { ...seen, bareMs: performance.now() - bareStartedAt }`

let server: AuthServer
let browser: Browser
let page: Page
beforeAll(async () => {
  server = await startAuthServer()
  browser = await openBrowser('chromium')
  page = await browser.newPage(`${server.origin}/page.html`)
})
afterAll(async () => {
  await browser.close()
  await server.close()
})

test('10,000 requests of a page that wait for one refresh each get their response, in hardly more time than the calls take', async () => {
  const gate = server.holdRefresh()
  server.answerWith('/go', () => {
    gate.open()
    return { status: 204 }
  })
  const seen = await page.run<Seen>(sendMany, count)
  expect(seen).toMatchObject({ outcomes: { '200 fine': count }, sentWhileWaiting: 1, sends: count + 2, refused: 1 })
  expect(server.refreshes).toBe(1)
  // Seen: 1.2 times the calls alone. Anything that looks through all that wait for each of them takes a hundred times as long.
  expect(seen.ms / seen.bareMs).toBeLessThan(10)
})
