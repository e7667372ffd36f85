import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { createClient, indexedDbStore } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import type { LoginRequiredEvent } from '../../../src/login/login-notifier.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createDpopClient, logIn } from '../../support/dpop-client.ts'
import { type DpopServer, startDpopServer } from '../../support/dpop-server.ts'

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { readonly code?: string }) => error,
  )
const thumbprintsOf = (server: DpopServer) => new Set(server.sends.map(({ proof }) => proof?.thumbprint))

/** A browser with IndexedDB; each page of it has a client and a scheme of its own, as after a reload or in another tab. */
const openBrowser = async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  const server = await startDpopServer()
  const openPage = (more: ClientOptions = {}) => {
    const logins: LoginRequiredEvent[] = []
    const scheme = dpop()
    const client = createClient({
      baseUrl: server.api,
      retry: 0,
      scheme,
      store: indexedDbStore(),
      refresh: oauthRefresh({ tokenEndpoint: `${server.issuer}/token`, clientId: 'spa' }),
      onLoginRequired: event => void logins.push(event),
      ...more,
    })
    onTestFinished(() => client.dispose())
    const get = async () => (await client.fetch(`${server.api}/notes`)).status
    const keyOf = async () => (await loginProof(scheme, { url: `${server.issuer}/login` })).thumbprint
    return { scheme, client, logins, get, keyOf, logIn: () => logIn(server, client, scheme) }
  }
  return { server, openPage }
}

/** All that the browser keeps beside the sessions. */
const openKeys = async (change?: (store: IDBObjectStore) => void) => {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('latchkey')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const store = database.transaction('sessions', 'readwrite').objectStore('sessions')
  change?.(store)
  const all = await new Promise<unknown[]>(resolve => {
    const request = store.getAll()
    request.onsuccess = () => resolve(request.result)
  })
  database.close()
  return all.filter((entry): entry is { privateKey: CryptoKey; thumbprint: string } => 'privateKey' in Object(entry))
}
/** As when a browser clears up, or the person does. */
const loseKeys = () =>
  openKeys(store => {
    store.openCursor().onsuccess = ({ target }) => {
      const { result: cursor } = target as IDBRequest<IDBCursorWithValue | null>
      if (!cursor) return
      if ('privateKey' in Object(cursor.value)) cursor.delete()
      cursor.continue()
    }
  })

describe('the key of a session', () => {
  test('rests in IndexedDB and cannot be read out (DP-12)', async () => {
    const { openPage } = await openBrowser()
    await openPage().logIn()
    const [key, ...others] = await openKeys()
    expect(key?.privateKey).toMatchObject({ type: 'private', extractable: false, usages: ['sign'] })
    await expect(crypto.subtle.exportKey('jwk', key?.privateKey as CryptoKey)).rejects.toThrow()
    expect(others).toEqual([])
  })

  test('is found after a reload, by requests and by the refresh (DP-09)', async () => {
    const { server, openPage } = await openBrowser()
    const first = openPage()
    await first.logIn()
    await first.get()
    const { client, get } = openPage()
    expect(await get()).toBe(200)
    await client.session.refresh()
    expect(await get()).toBe(200)
    expect(thumbprintsOf(server).size).toBe(1)
    expect(server.sends.map(({ error }) => error)).toEqual([null, null, null, null])
  })

  test('is one for two tabs that go to the login at the same time', async () => {
    const { openPage } = await openBrowser()
    const [one, two] = [openPage(), openPage()]
    const [first, second] = await Promise.all([one.keyOf(), two.keyOf()])
    expect(first).toBe(second)
    expect(await openPage().keyOf()).toBe(first)
  })

  test('goes when the session does, and the next login has another', async () => {
    const { openPage } = await openBrowser()
    const page = openPage()
    await page.logIn()
    const [before] = await openKeys()
    await page.client.session.signOut()
    await vi.waitFor(async () => expect(await openKeys()).toEqual([]))
    expect(await page.keyOf()).not.toBe(before?.thumbprint)
    await page.logIn()
    expect(await page.get()).toBe(200)
  })

  test('stays for a step-up of the same person: the refresh token before is bound to it', async () => {
    const { server, openPage } = await openBrowser()
    const page = openPage()
    await page.logIn()
    await page.logIn()
    await page.client.session.refresh()
    expect(page.client.session.getSnapshot()).toMatchObject({ epoch: 1, generation: 2 })
    expect(server.sends.map(({ error }) => error)).toEqual([null])
  })

  // Found by the random worlds: a tab that had slept ended the session it had, and removed the key that the new one is bound to.
  test('stays where another tab has signed in with it meanwhile, though this tab ends the session before', async () => {
    // The message of that sign-in is still on its way.
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        postMessage() {}
        close() {}
      },
    )
    const { server, openPage } = await openBrowser()
    const asked = createDeferred()
    const typed = createDeferred<null>()
    const reauthenticate = () => {
      asked.resolve()
      return typed.promise
    }
    const here = openPage({ reauthenticate })
    await here.logIn()
    let isRefused = true
    server.answerWith('/token', () => (isRefused ? { status: 400, body: '{"error":"invalid_grant"}' } : undefined))
    server.expireAccessTokens()
    const request = failureOf(here.get())
    await asked.promise
    isRefused = false
    await openPage().logIn()
    typed.resolve(null)
    await request
    await here.client.session.ready()
    const later = openPage()
    expect(await later.get()).toBe(200)
    await later.client.session.refresh()
    expect(await later.get()).toBe(200)
    expect(await here.get()).toBe(200)
    expect([...here.logins, ...later.logins].map(({ reason }) => reason)).not.toContain('key-lost')
  })

  // Found by the random worlds: another tab may have signed in with it already, and this tab may not be able to see that yet.
  test('stays after an end that was no sign-out, and is the key of the next login', async () => {
    const { server, openPage } = await openBrowser()
    const page = openPage()
    await page.logIn()
    const [before] = await openKeys()
    server.answerWith('/token', () => ({ status: 400, body: '{"error":"invalid_grant"}' }))
    server.expireAccessTokens()
    expect(await failureOf(page.get())).toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    await vi.waitFor(() => expect(page.logins).toHaveLength(1))
    expect(await openKeys()).toMatchObject([{ thumbprint: before?.thumbprint }])
    expect(await openPage().keyOf()).toBe(before?.thumbprint)
  })

  test('serves a session that began in a popup, whose page made the proof', async () => {
    const { server, openPage } = await openBrowser()
    const [popup, opener] = [openPage(), openPage()]
    const { proof } = await loginProof(popup.scheme, { url: `${server.issuer}/login` })
    const answer = await fetch(`${server.issuer}/login`, { method: 'POST', headers: { dpop: proof } })
    await opener.client.session.signIn({ ...(await answer.json()), subject: 'alice' })
    expect(await opener.get()).toBe(200)
    await opener.client.session.refresh()
    expect(await opener.get()).toBe(200)
  })
})

describe('a key that is lost', () => {
  const start = async () => {
    const { server, openPage } = await openBrowser()
    await openPage().logIn()
    await loseKeys()
    return { server, openPage, page: openPage() }
  }

  test('ends the session with its reason at the next request, and nothing is sent (DP-09)', async () => {
    const { server, page } = await start()
    expect(await failureOf(page.get())).toMatchObject({ code: 'session-ended', reason: 'key-lost' })
    await vi.waitFor(() => expect(page.logins).toMatchObject([{ reason: 'key-lost', subject: 'alice' }]))
    expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'key-lost' })
    expect(server.sends).toEqual([])
  })

  test('ends it once for a hundred requests (DP-09)', async () => {
    const { server, page } = await start()
    const failures = await Promise.all(Array.from({ length: 100 }, () => failureOf(page.get())))
    expect(new Set(failures.map(failure => failure?.code))).toEqual(new Set(['session-ended']))
    await vi.waitFor(() => expect(page.logins).toHaveLength(1))
    expect(server.sends).toEqual([])
  })

  // Found by the random worlds: the tab went to the login page, with a reason that was not the user's.
  test('is no loss where another tab has signed out, which removes the key: the reason is the sign-out', async () => {
    // The message of the sign-out is still on its way.
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        postMessage() {}
        close() {}
      },
    )
    const { openPage } = await openBrowser()
    await openPage().logIn()
    const [here, there] = [openPage(), openPage()]
    await Promise.all([here.client.session.ready(), there.client.session.ready()])
    await there.client.session.signOut()
    await vi.waitFor(async () => expect(await openKeys()).toEqual([]))
    expect(await failureOf(here.get())).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    expect(here.logins).toEqual([])
  })

  test('ends it at a refresh, which is made with no other key (DP-09)', async () => {
    const { server, openPage, page } = await start()
    // A login that has begun has made a new one.
    await openPage().keyOf()
    expect(await failureOf(page.client.session.refresh())).toMatchObject({ code: 'session-ended', reason: 'key-lost' })
    await vi.waitFor(() => expect(page.logins).toMatchObject([{ reason: 'key-lost' }]))
    expect(server.sends).toEqual([])
  })

  test('is not replaced by another after a step-up in a popup either: the new tokens are bound to the one before', async () => {
    const { server, openPage } = await openBrowser()
    await openPage().logIn()
    const [popup, page] = [openPage(), openPage()]
    await page.client.session.ready()
    await popup.get()
    await page.client.session.signIn({ accessToken: 'stronger', tokenType: 'DPoP', subject: 'alice' })
    await loseKeys()
    await openPage().keyOf()
    server.sends.length = 0
    expect(await failureOf(page.get())).toMatchObject({ code: 'session-ended', reason: 'key-lost' })
    expect(server.sends).toEqual([])
  })

  test('is reported in every tab, and a login restores all of them', async () => {
    const { server, openPage, page } = await start()
    await failureOf(page.get())
    expect((await openPage().client.session.ready()).endReason).toBe('key-lost')
    await page.logIn()
    expect(await page.get()).toBe(200)
    expect(server.sends.map(({ error }) => error)).toEqual([null])
  })

  test('is not one that cannot be read now: the session stays, and the next request finds it', async () => {
    const { openPage } = await openBrowser()
    await openPage().logIn()
    const page = openPage()
    await page.client.session.ready()
    const broken = vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(() => {
      throw new DOMException('the disk is gone', 'UnknownError')
    })
    expect(await failureOf(page.get())).toMatchObject({ code: 'refresh-unavailable' })
    expect(page.client.session.status).toBe('signed-in')
    broken.mockRestore()
    expect(await page.get()).toBe(200)
  })
})

describe('without IndexedDB', () => {
  test('the key lives as long as the page: requests and refreshes go on', async () => {
    const { server, client, get } = await createDpopClient()
    await client.session.refresh()
    expect((await get('/notes')).status).toBe(200)
    expect(thumbprintsOf(server).size).toBe(1)
  })

  test('a session that outlived its page has lost it (DP-09)', async () => {
    const kept = new Map<string, string>()
    const store = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
    }
    const page = await createDpopClient({ client: { store, sessionName: 'notes' } })
    page.client.dispose()
    const { server, client } = await createDpopClient({ client: { store, sessionName: 'notes' }, signedIn: false })
    const request = client.fetch(`${server.api}/notes`)
    expect(await failureOf(request)).toMatchObject({ code: 'session-ended', reason: 'key-lost' })
    expect(server.sends).toEqual([])
  })
})
