import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, openBrowser } from '../../support/browsers.ts'
import { openChromiumTabs } from '../../support/chromium-tabs.ts'

const startServer = async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  return server
}

// What the several-page tests lean on; the library has no part in it.
describe.each(engines)('the pages of one %s', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(engine)
  })
  afterAll(() => browser.close())

  const start = async () => {
    const server = await startServer()
    return { server, url: `${server.origin}/page.html` }
  }

  test('share locks, channels, storage and cookies, and a closed page frees its lock', async () => {
    const { url } = await start()
    const [one, two] = [await browser.newPage(url), await browser.newPage(url)]
    await one.run(
      'await new Promise(held => navigator.locks.request("a", () => { held(); return new Promise(() => {}) }))',
    )
    expect(await two.run('return navigator.locks.request("a", { ifAvailable: true }, lock => lock === null)')).toBe(
      true,
    )
    await two.run(`window.heard = new Promise(resolve => {
      window.channel = new BroadcastChannel("c")
      window.channel.onmessage = event => resolve(event.data)
    })`)
    const waiting = two.run('return navigator.locks.request("a", lock => lock.name)')
    await one.run(`localStorage.setItem("k", "v")
      await fetch("/cookie/login", { method: "POST" })
      window.channel = new BroadcastChannel("c")
      window.channel.postMessage("hello")`)
    expect(await two.run('return window.heard')).toBe('hello')
    await one.close()
    expect(await waiting).toBe('a')
    expect(await two.run('return localStorage.getItem("k")')).toBe('v')
    const renew = 'return (await fetch("/cookie/refresh", { method: "POST", headers: { "x-csrf": "1" } })).status'
    expect(await two.run(renew)).toBe(200)
  })

  test('run several bodies at once, and tell what was thrown in them', async () => {
    const { server, url } = await start()
    const page = await browser.newPage(url)
    const gate = server.holdApi({ times: 2 })
    const statuses = ['/api/a', '/api/b'].map(path => page.run<number>('return (await fetch(args[0])).status', path))
    await gate.reached(2)
    await expect(page.run('throw new TypeError("no such thing")')).rejects.toThrow('no such thing')
    gate.open()
    expect(await Promise.all(statuses)).toEqual([401, 401])
  })

  test('may call an API of another origin and read its challenge', async () => {
    const { url } = await start()
    const api = await startServer()
    const page = await browser.newPage(url)
    const body =
      'return (await fetch(args[0], { headers: { authorization: "Bearer x" } })).headers.get("www-authenticate")'
    expect(await page.run(body, `${api.origin}/api/todos`)).toBe('Bearer error="invalid_token"')
  })

  test('load the files of the package as they are, by the export map alone', async () => {
    const { server } = await start()
    const page = await browser.newPage(`${server.origin}/unbundled.html`)
    const names = ['latchkey', 'latchkey/fetch', 'latchkey/oauth', 'latchkey/dpop']
    const types = 'return Promise.all(args[0].map(async name => typeof Object.values(await import(name))[0]))'
    expect(await page.run(types, names)).toEqual(names.map(() => 'function'))
  })

  test('share nothing with the pages of another browser', async () => {
    const { url } = await start()
    const other = await openBrowser(engine)
    onTestFinished(other.close)
    const page = await browser.newPage(url)
    await page.run('localStorage.setItem("k", "v")')
    expect(await (await other.newPage(url)).run('return localStorage.getItem("k")')).toBeNull()
  })
})

describe('tabs of Chromium', () => {
  test('are hidden behind the one in front, and stand still while frozen', async () => {
    const server = await startServer()
    const browser = await openChromiumTabs()
    onTestFinished(browser.close)
    const url = `${server.origin}/page.html`
    const [behind, front] = [await browser.newPage(url), await browser.newPage(url)]
    const visibility = 'return document.visibilityState'
    expect([await behind.run(visibility), await front.run(visibility)]).toEqual(['hidden', 'visible'])

    await front.run(`window.ticks = 0; setInterval(() => { window.ticks += 1 }, 10)
      window.seen = []; for (const type of ['freeze', 'resume']) document.addEventListener(type, () => window.seen.push(type))`)
    await front.freeze()
    const before = await front.run('return window.ticks')
    await behind.bringToFront()
    await behind.run('await new Promise(resolve => setTimeout(resolve, 300))')
    expect(await front.run('return window.ticks')).toBe(before)
    await front.resume()
    expect(await front.run('return window.seen')).toEqual(['freeze', 'resume'])
    await front.bringToFront()
    expect(await front.run(visibility)).toBe('visible')
  })
})
