import { IDBFactory } from 'fake-indexeddb'
import { createClient, indexedDbStore, type SessionInput } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { LoginRequiredEvent } from '../../../src/login/login-notifier.ts'
import { createDpopClient } from '../../support/dpop-client.ts'
import { startDpopServer } from '../../support/dpop-server.ts'

/** A browser whose pages log in by hand: the tokens come first, and `signIn` when the test says so. */
const openBrowser = async ({ withIndexedDb = true } = {}) => {
  if (withIndexedDb) vi.stubGlobal('indexedDB', new IDBFactory())
  const server = await startDpopServer()
  const openPage = () => {
    const logins: LoginRequiredEvent[] = []
    const scheme = dpop()
    const client = createClient({
      baseUrl: server.api,
      retry: 0,
      scheme,
      ...(withIndexedDb && { store: indexedDbStore() }),
      refresh: oauthRefresh({ tokenEndpoint: `${server.issuer}/token`, clientId: 'spa' }),
      onLoginRequired: event => void logins.push(event),
    })
    onTestFinished(() => client.dispose())
    const bringTokens = async (subject: string): Promise<SessionInput> => {
      const url = `${server.issuer}/login`
      const { proof } = await loginProof(scheme, { url })
      const response = await fetch(url, { method: 'POST', headers: { dpop: proof } })
      return { ...(await response.json()), subject }
    }
    const get = async () => (await client.fetch(`${server.api}/notes`)).status
    return { client, logins, scheme, bringTokens, get, session: client.session }
  }
  return { server, openPage }
}

describe.each([
  ['in IndexedDB', true],
  ['in memory', false],
])('a key %s that was handed out for a login', (_place, withIndexedDb) => {
  test('survives the sign-out of the session before it, so that accounts can be switched in the natural order', async () => {
    const { openPage } = await openBrowser({ withIndexedDb })
    const page = openPage()
    await page.session.signIn(await page.bringTokens('alice'))
    const tokens = await page.bringTokens('bob')
    await page.session.signOut()
    await page.session.signIn(tokens)
    expect(await page.get()).toBe(200)
    await page.session.refresh()
    expect(await page.get()).toBe(200)
    expect(page.logins).toEqual([])
  })

  test('survives a session that ends while the user types the password', async () => {
    const { server, openPage } = await openBrowser({ withIndexedDb })
    const page = openPage()
    await page.session.signIn(await page.bringTokens('alice'))
    const tokens = await page.bringTokens('bob')
    server.expireAccessTokens()
    server.answerWith('/token', () => ({ status: 400, body: '{"error":"invalid_grant"}' }))
    await expect(page.get()).rejects.toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    const bob = await page.bringTokens('bob')
    expect(tokens).not.toEqual(bob)
    await page.session.signIn(bob)
    expect(await page.get()).toBe(200)
  })

  test('is removed when the session that began with it ends', async () => {
    const { openPage } = await openBrowser({ withIndexedDb })
    const page = openPage()
    await page.session.signIn(await page.bringTokens('alice'))
    const tokens = await page.bringTokens('bob')
    const { thumbprint } = await loginProof(page.scheme, { url: 'https://id.test/token' })
    await page.session.signOut()
    await page.session.signIn(tokens)
    await page.session.signOut()
    const next = await loginProof(page.scheme, { url: 'https://id.test/token' })
    expect(next.thumbprint).not.toBe(thumbprint)
  })
})

describe('a key that a login of another page waits for', () => {
  test('is found after a redirect to the login, although the session before it ended on the way', async () => {
    const { openPage } = await openBrowser()
    const before = openPage()
    await before.session.signIn(await before.bringTokens('alice'))
    const { thumbprint } = await loginProof(before.scheme, { url: 'https://id.test/authorize' })
    before.client.dispose()
    const callback = openPage()
    await callback.session.ready()
    await callback.session.signOut()
    const { thumbprint: after } = await loginProof(callback.scheme, { url: 'https://id.test/token' })
    expect(after).toBe(thumbprint)
  })

  test('is not removed by a second tab that hears of the sign-out late', async () => {
    const { openPage } = await openBrowser()
    const [one, two] = [openPage(), openPage()]
    await one.session.signIn(await one.bringTokens('alice'))
    expect(await two.get()).toBe(200)
    const tokens = await one.bringTokens('bob')
    await one.session.signOut()
    await one.session.signIn(tokens)
    await vi.waitFor(() => expect(two.session.getSnapshot().subject).toBe('bob'))
    const reloaded = openPage()
    expect(await reloaded.get()).toBe(200)
    expect(await two.get()).toBe(200)
  })
})

describe('DPoP tokens that no key of this client was proved with', () => {
  test('are a ConfigurationError that names loginProof; nobody is sent to a login page, and nothing is sent', async () => {
    const { server, client, logins } = await createDpopClient({ signedIn: false })
    await client.session.signIn({ accessToken: 'a', refreshToken: 'b', tokenType: 'DPoP', subject: 'alice' })
    const request = client.fetch(`${server.api}/notes`)
    await expect(request).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('loginProof'),
    })
    expect([client.session.status, logins, server.sends]).toEqual(['signed-in', [], []])
  })

  test('are refused by signIn where the token names another key (RFC 9449, cnf.jkt)', async () => {
    const { client } = await createDpopClient()
    const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
    const accessToken = jwt({ sub: 'alice', cnf: { jkt: 'of-another-key' } })
    const signIn = client.session.signIn({ accessToken, tokenType: 'DPoP', subject: 'alice' })
    await expect(signIn).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('loginProof'),
    })
    expect(client.session.getSnapshot().generation).toBe(0)
  })
})

test.each(['post', 'Post', 'POST'])('A login proof names the method as fetch sends it: %s', async method => {
  const { server, openPage } = await openBrowser()
  const url = `${server.issuer}/login`
  const { proof } = await loginProof(openPage().scheme, { url, method })
  expect((await fetch(url, { method, headers: { dpop: proof } })).status).toBe(200)
})
