import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begin, logIn } from '../../support/bound-pages.ts'
import { type BoundTokens, startBoundTokens } from '../../support/bound-tokens.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'

describe.each(engines)('DPoP in %s, against oidc-provider', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(engine)
  })
  afterAll(() => browser.close())

  const start = async () => {
    const servers = await startBoundTokens()
    const page = await browser.newPage(`${servers.page}/page.html`)
    return { servers, page, login: await logIn(page, servers) }
  }
  const statusOf = (page: Page, servers: BoundTokens, path: string) =>
    page.run<number | string>(`${begin} return statusOf(args[1])`, servers, path)

  test('signs in, stays signed in over a storm, a reload and a second tab, and each proof is good once', async () => {
    const { servers, page, login } = await start()
    expect(login).toEqual({ asked: 'use_dpop_nonce', type: 'DPoP', status: 'signed-in' })
    expect(await statusOf(page, servers, '/first')).toBe(200)
    expect(servers.sends.map(({ error }) => error)).toEqual(['use_dpop_nonce', null])

    // A storm: every token is withdrawn, and the nonce is another.
    servers.withdrawAccessTokens()
    servers.rotateNonce()
    servers.sends.length = 0
    const storm = 'return Promise.all(Array.from({ length: 100 }, (_, index) => statusOf("/storm/" + index)))'
    expect(await page.run(`${begin} ${storm}`, servers)).toEqual(Array(100).fill(200))
    expect(servers.counters).toMatchObject({ exchanges: 1, reused: 0 })

    // A reload: session and key are found again.
    await page.goto(`${servers.page}/page.html`)
    expect(await statusOf(page, servers, '/reloaded')).toBe(200)
    await page.run(`${begin} await client.session.refresh()`, servers)
    expect(servers.counters).toMatchObject({ exchanges: 2, reused: 0 })

    // Two tabs, whose token is refused at the same time.
    const other = await browser.newPage(`${servers.page}/page.html`)
    expect(await statusOf(other, servers, '/other')).toBe(200)
    servers.withdrawAccessTokens()
    expect(await Promise.all([statusOf(page, servers, '/one'), statusOf(other, servers, '/two')])).toEqual([200, 200])
    expect(servers.counters).toMatchObject({ exchanges: 3, reused: 0 })

    const proofs = servers.sends.map(({ proof }) => proof)
    expect(new Set(proofs.map(proof => proof?.jti)).size).toBe(proofs.length)
    expect(new Set(proofs.map(proof => proof?.thumbprint)).size).toBe(1)
    expect(new Set(servers.sends.map(({ scheme }) => scheme))).toEqual(new Set(['DPoP']))
    expect(await page.run('return logins')).toEqual([])
  })

  test('ends the session where the key is gone, and makes no refresh with another (DP-09)', async () => {
    const { servers, page } = await start()
    await page.goto(`${servers.page}/page.html`)
    await page.run(`await new Promise((resolve, reject) => {
      const opening = indexedDB.open('latchkey')
      opening.onerror = () => reject(opening.error)
      opening.onsuccess = () => {
        const keys = opening.result.transaction('sessions', 'readwrite').objectStore('sessions')
        keys.getAllKeys().onsuccess = ({ target }) => target.result.filter(key => String(key).includes('dpop')).forEach(key => keys.delete(key))
        keys.transaction.oncomplete = () => { opening.result.close(); resolve() }
      }
    })`)
    expect(await statusOf(page, servers, '/x')).toBe('key-lost')
    await expect.poll(() => page.run('return logins')).toEqual(['key-lost this'])
    expect(servers.sends).toEqual([])
    expect(servers.counters).toMatchObject({ exchanges: 0, refused: 0 })
  })

  test('does without headers that an API of another origin hides (DP-06, FE-01)', async () => {
    const { servers, page } = await start()
    Object.assign(servers.settings, { nonces: false, exposed: '' })
    servers.withdrawAccessTokens()
    expect(await statusOf(page, servers, '/x')).toBe(200)
    expect(servers.sends.map(({ error }) => error)).toEqual(['invalid_token', null])
  })
})
