import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begin, logIn } from '../../support/bound-pages.ts'
import { startBoundTokens } from '../../support/bound-tokens.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'

const storm = `${begin}
  const ask = (index, origin) => statusOf('/storm/' + index, origin)
  return Promise.all(Array.from({ length: 50 }, (_, index) => [ask(index), ask(index, servers.files)]).flat())`

describe.each(engines)('tokens of two audiences in %s, against oidc-provider', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(engine)
  })
  afterAll(() => browser.close())

  const start = async () => {
    const servers = await startBoundTokens()
    const page = await browser.newPage(`${servers.page}/page.html`)
    await logIn(page, servers)
    const statusOf = (tab: Page, path: string, origin = servers.api) =>
      tab.run<number | string>(`${begin} return statusOf(args[1], args[2])`, servers, path, origin)
    return { servers, page, statusOf }
  }

  test('each API gets its own, one refresh brings one, and no refresh token is presented twice (TX-11, RT-08)', async () => {
    const { servers, page, statusOf } = await start()
    expect([await statusOf(page, '/api'), servers.counters.exchanges]).toEqual([200, 0])
    expect([await statusOf(page, '/file', servers.files), servers.counters.exchanges]).toEqual([200, 1])

    // A storm: every token is withdrawn, of both.
    servers.withdrawAccessTokens()
    expect(await page.run(storm, servers)).toEqual(Array(100).fill(200))
    expect(servers.counters).toMatchObject({ exchanges: 3, reused: 0 })

    // A reload finds both.
    await page.goto(`${servers.page}/page.html`)
    expect(await statusOf(page, '/again')).toBe(200)
    expect(await statusOf(page, '/again', servers.files)).toBe(200)
    expect(servers.counters.exchanges).toBe(3)
    expect(await page.run('return logins')).toEqual([])
  })

  test('two tabs, of which one needs the one and one the other at once, refresh one after the other (RT-08)', async () => {
    const { servers, page, statusOf } = await start()
    const other = await browser.newPage(`${servers.page}/page.html`)
    expect(await statusOf(other, '/file', servers.files)).toBe(200)
    for (let round = 1; round <= 3; round += 1) {
      servers.withdrawAccessTokens()
      expect(await Promise.all([statusOf(page, '/api'), statusOf(other, '/file', servers.files)])).toEqual([200, 200])
      expect(servers.counters).toMatchObject({ exchanges: 1 + 2 * round, reused: 0 })
    }
    // What went to each API was meant for it: nothing but a withdrawn token was ever refused.
    expect(servers.sends.filter(({ error }) => error === 'invalid_token').length).toBe(6)
  })
})
