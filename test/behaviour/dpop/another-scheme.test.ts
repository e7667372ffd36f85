import { IDBFactory } from 'fake-indexeddb'
import { bearer, createClient, indexedDbStore, type RootClient, type Scheme } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { LoginRequiredEvent } from '../../../src/login/login-notifier.ts'
import { logIn } from '../../support/dpop-client.ts'
import { type DpopServer, startDpopServer } from '../../support/dpop-server.ts'

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

/** The same user by DPoP, under names that do not say the type of the token. */
const logInByOwnNames = async (server: DpopServer, client: RootClient, scheme: Scheme) => {
  const { proof } = await loginProof(scheme, { url: `${server.issuer}/login` })
  expect(proof).toBeTruthy()
  await client.session.signIn({ accessToken: 'bound', refreshToken: 'bound', subject: 'alice' })
}

/** A release by DPoP, in which the user signed in, and then one without it. */
const rollBack = async (scheme?: Scheme, login = logIn) => {
  const { server, sent, open } = await openBrowser()
  const before = dpop()
  const { client } = open(before)
  await login(server, client, before)
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

test('A bound token is not sent as Bearer either if the sign-in did not say its type: the record names its key', async () => {
  const { sent, client } = await rollBack(undefined, logInByOwnNames)
  await expect(client.get('a')).rejects.toMatchObject(ended)
  expect(sent).toEqual([])
})

test.each([
  ['', logIn],
  [' whose sign-in did not say its type', logInByOwnNames],
])(
  'A stored refresh token of a session by DPoP%s is not sent by a release without it: the session ends',
  async (_, login) => {
    const { sent, client, logins } = await rollBack(undefined, login)
    await expect(client.session.refresh()).rejects.toMatchObject(ended)
    await vi.waitFor(() => expect(logins).toMatchObject([{ reason: 'key-lost' }]))
    expect(sent).toEqual([])
  },
)

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
