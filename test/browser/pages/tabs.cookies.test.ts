import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, openBrowser } from '../../support/browsers.ts'
import { createDeferred } from '../../support/deferred.ts'

/** The server, behind one that keeps the response of a sign-out back. */
async function startSlowSignOut() {
  const server = await startAuthServer()
  const [reached, opened] = [createDeferred(), createDeferred()]
  const seen: string[] = []
  const front = createServer((message, response) => {
    const { method, url = '/', headers } = message
    if (method === 'POST') seen.push(url)
    const onward = request(`${server.origin}${url}`, { method, headers }, async answer => {
      if (url === '/cookie/logout') {
        reached.resolve()
        await opened.promise
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    message.pipe(onward)
  })
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    opened.resolve()
    front.closeAllConnections()
    front.close()
    await server.close()
  })
  const { port } = front.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/page.html`, reached: reached.promise, open: opened.resolve, seen }
}

const startClient = `
const { createClient, cookieSession } = await import('latchkey')
const refresh = cookieSession({ url: '/bff/user', method: 'GET', signOutUrl: '/cookie/logout' })
window.api = createClient({ baseUrl: '/', refresh, retry: 0 })
await api.session.ready()
window.logIn = async subject => {
  await api.post('bff/login', { json: { subject }, auth: false }).json()
  await api.session.signIn({ cookie: true, subject })
}`

describe.each(engines)('in %s', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(engine)
  })
  afterAll(() => browser.close())

  test('a login waits for the sign-out call of another tab, whose late response would clear its cookie (promise 12)', async () => {
    const { url, reached, open, seen } = await startSlowSignOut()
    const [leaving, other] = [await browser.newPage(url), await browser.newPage(url)]
    for (const page of [leaving, other]) await page.run(startClient)
    await leaving.run("await logIn('alice')")
    await leaving.run('await api.session.signOut()')
    await reached
    await other.run("while (api.session.status !== 'signed-out') await new Promise(resolve => setTimeout(resolve, 5))")
    const login = other.run("await logIn('bob')")
    await other.run('await new Promise(resolve => setTimeout(resolve, 300))')
    expect(seen.filter(path => path === '/bff/login')).toHaveLength(1)
    open()
    await login
    expect(await other.run('return (await api.get("api/todos").json()).subject')).toBe('bob')
    expect(await other.run('return (await api.session.refresh()).subject')).toBe('bob')
  })
})
