import { IDBFactory } from 'fake-indexeddb'
import { bearer, createClient, indexedDbStore, type Scheme } from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { LoginRequiredEvent } from '../../../src/login/login-notifier.ts'
import { logIn } from '../../support/dpop-client.ts'
import { startDpopServer } from '../../support/dpop-server.ts'

/** A browser that keeps the session from one release of the app to the next. */
const openBrowser = async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  const server = await startDpopServer()
  const sent: (string | null)[] = []
  const open = (scheme: Scheme | undefined) => {
    const logins: LoginRequiredEvent[] = []
    const client = createClient({
      baseUrl: server.api,
      retry: 0,
      scheme,
      store: indexedDbStore(),
      refresh: oauthRefresh({ tokenEndpoint: `${server.issuer}/token`, clientId: 'spa' }),
      onLoginRequired: event => void logins.push(event),
      fetch: (input, init) => {
        const request = new Request(input, init)
        sent.push(request.headers.get('authorization') ?? `${request.method} ${new URL(request.url).pathname}`)
        return fetch(request)
      },
    })
    onTestFinished(() => client.dispose())
    return { client, logins }
  }
  return { server, sent, open }
}

/** A release by DPoP, in which the user signed in, and then one without it. */
const rollBack = async (scheme?: Scheme) => {
  const { server, sent, open } = await openBrowser()
  const before = dpop()
  const { client } = open(before)
  await logIn(server, client, before)
  client.dispose()
  sent.length = 0
  return { sent, ...open(scheme) }
}
const ended = { code: 'session-ended', reason: 'key-lost' }

test.each([
  ['the default scheme', undefined],
  ['bearer()', bearer()],
])(
  'A stored token that is bound by DPoP is not sent as Bearer by a release with %s: the session ends',
  async (_, scheme) => {
    const { sent, client, logins } = await rollBack(scheme)
    await Promise.all(['a', 'b', 'c'].map(path => expect(client.get(path)).rejects.toMatchObject(ended)))
    await vi.waitFor(() => expect(logins).toMatchObject([{ reason: 'key-lost', subject: 'alice' }]))
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'key-lost' })
    expect(sent).toEqual([])
    await client.session.signIn({ accessToken: 'plain', tokenType: 'Bearer', subject: 'alice' })
    await Promise.allSettled([client.get('a')])
    expect(sent[0]).toBe('Bearer plain')
  },
)

test('A stored refresh token of a session by DPoP is not sent by a release without it: the session ends', async () => {
  const { sent, client, logins } = await rollBack()
  await expect(client.session.refresh()).rejects.toMatchObject(ended)
  await vi.waitFor(() => expect(logins).toMatchObject([{ reason: 'key-lost' }]))
  expect(sent).toEqual([])
})

test('A stored token of the type Bearer is not sent by a release with DPoP: the session ends in the same way', async () => {
  const { sent, open } = await openBrowser()
  const before = open(undefined).client
  await before.session.signIn({ accessToken: 'plain', refreshToken: 'plain', tokenType: 'Bearer', subject: 'alice' })
  before.dispose()
  const request = open(dpop())
  await expect(request.client.get('a')).rejects.toMatchObject(ended)
  const refresh = open(dpop())
  await expect(refresh.client.session.refresh()).rejects.toMatchObject({ code: 'session-ended' })
  expect(sent).toEqual([])
})
