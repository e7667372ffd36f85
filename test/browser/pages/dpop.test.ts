import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBoundTokens } from '../../support/bound-tokens.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'

type Servers = Awaited<ReturnType<typeof startBoundTokens>>

/** What an app writes; each page begins with it. */
const begin = `
  const [servers] = args
  const { createClient, indexedDbStore } = await import('latchkey')
  const { dpop, loginProof } = await import('latchkey/dpop')
  const { oauthRefresh } = await import('latchkey/oauth')
  const tokenEndpoint = servers.issuer + '/token'
  if (!window.client) {
    window.scheme = dpop()
    window.logins = []
    window.client = createClient({
      baseUrl: servers.api,
      scheme,
      store: indexedDbStore(),
      refresh: oauthRefresh({ tokenEndpoint, clientId: 'latchkey-demo' }),
      onLoginRequired: ({ reason, tab }) => logins.push(reason + ' ' + tab),
    })
  }
  const statusOf = path => client.fetch(servers.api + path).then(({ status }) => status, error => error.reason ?? String(error))
`

/** To the authorization server, whose form and consent are those of the demo. */
const leave = `${begin}
  const encode = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  sessionStorage.verifier = encode(crypto.getRandomValues(new Uint8Array(32)))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sessionStorage.verifier))
  const { thumbprint } = await loginProof(scheme, { url: tokenEndpoint })
  return servers.issuer + '/auth?' + new URLSearchParams({
    client_id: 'latchkey-demo', response_type: 'code', redirect_uri: servers.page + '/callback', prompt: 'login consent',
    scope: 'openid profile offline_access notes:read', resource: servers.resource, state: 's', nonce: 'n',
    code_challenge: encode(challenge), code_challenge_method: 'S256', dpop_jkt: thumbprint,
  })`

/** Back from there: the code for tokens, proved by the key of the coming session, with the nonce that the server wants. */
const arrive = `${begin}
  const ask = async nonce => {
    const { proof } = await loginProof(scheme, { url: tokenEndpoint, nonce })
    const body = new URLSearchParams({
      grant_type: 'authorization_code', client_id: 'latchkey-demo', redirect_uri: servers.page + '/callback',
      code: new URLSearchParams(location.search).get('code'), code_verifier: sessionStorage.verifier, resource: servers.resource,
    })
    return fetch(tokenEndpoint, { method: 'POST', body, headers: { DPoP: proof } })
  }
  const first = await ask()
  const answer = await ask(first.headers.get('dpop-nonce'))
  const tokens = await answer.json()
  await client.session.signIn(tokens)
  return { asked: (await first.json()).error, type: tokens.token_type, status: client.session.status }`

/** Fills in the form that is shown, and waits for what comes after it. */
const submit = async (page: Page, fill: string): Promise<void> => {
  const before = await page.run<string>('return location.href')
  // WebKit may have left the page before it is asked how that went.
  await page.run(`${fill}; setTimeout(() => document.querySelector('form').requestSubmit())`).catch(() => {})
  await expect
    .poll(() => page.run<string>('return document.readyState === "complete" ? location.href : ""').catch(() => ''), {
      timeout: 10_000,
    })
    .not.toMatch(new RegExp(`^$|^${before.replace(/[.?]/g, '\\$&')}$`))
}

const logIn = async (page: Page, servers: Servers) => {
  await page.goto(await page.run<string>(leave, servers))
  await submit(
    page,
    `document.querySelector('#login').value = 'alice'; document.querySelector('#password').value = 'pw'`,
  )
  await submit(page, '')
  return page.run<{ asked: string; type: string; status: string }>(arrive, servers)
}

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
  const statusOf = (page: Page, servers: Servers, path: string) =>
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

  test('ends the session where the key is gone, and makes no exchange with another (DP-09)', async () => {
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
