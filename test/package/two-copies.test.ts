import 'fake-indexeddb/auto'
import { createRequire } from 'node:module'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { root } from '../support/project.ts'

type Core = typeof import('../../src/index.ts')
type Dpop = typeof import('../../src/dpop.ts')

interface Copy extends Core {
  readonly dpop: Dpop['dpop']
  readonly loginProof: Dpop['loginProof']
}

const require = createRequire(import.meta.url)
/** The library twice, as on a page with an ES module of it and a CommonJS one. Each has its own short names of private members. */
const modules: Copy = { ...(await import(`${root}dist/index.js`)), ...(await import(`${root}dist/dpop.js`)) }
const commonJs: Copy = { ...require(`${root}dist/index.cjs`), ...require(`${root}dist/dpop.cjs`) }

interface Sent {
  readonly path: string
  readonly authorization: string | null
  readonly proof: string | null
}

/** A server by path: what it returns, and what it was sent. */
function serve(respond: (sent: Sent) => Response) {
  const sends: Sent[] = []
  vi.stubGlobal('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
    const { url, headers } = new Request(input, init)
    const sent = {
      path: new URL(url).pathname,
      authorization: headers.get('authorization'),
      proof: headers.get('dpop'),
    }
    sends.push(sent)
    return respond(sent)
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  return sends
}
const baseUrl = 'https://api.test/'
const json = (body: object, init?: ResponseInit) => Response.json(body, init)

describe.each([
  ['an ES module', 'CommonJS', modules, commonJs],
  ['CommonJS', 'an ES module', commonJs, modules],
])('a client of one copy (%s) works with what another copy (%s) made', (_one, _other, one, other) => {
  test('a store: both copies share the session in it', async () => {
    serve(() => json({}))
    const store = other.memoryStore()
    const first = one.createClient({ baseUrl, store })
    await first.session.signIn({ accessToken: 'token', subject: 'alice' })
    const second = other.createClient({ baseUrl, store })
    expect(await second.session.ready()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  })

  test('a cookie strategy: it restores, keeps secrets out of the claims, and tells its server of the sign-out', async () => {
    const sends = serve(() => json({ sub: 'alice', id_token: 'secret' }))
    const refresh = other.cookieSession({ url: 'me', method: 'GET', signOutUrl: 'sign-out' })
    const client = one.createClient({ baseUrl, refresh, store: other.memoryStore() })
    expect((await client.session.ready()).claims).toEqual({ sub: 'alice' })
    await client.session.signIn({ cookie: true, claims: { sub: 'alice', access_token: 'secret' } })
    expect(client.session.getSnapshot().claims).toEqual({ sub: 'alice' })
    const { revoked } = await client.session.signOut()
    expect({ revoked: await revoked, paths: sends.map(({ path }) => path) }).toEqual({
      revoked: true,
      paths: ['/me', '/sign-out'],
    })
  })

  test('a scheme that only sends: bearer with a header of its own', async () => {
    const sends = serve(() => json({}))
    const client = one.createClient({ baseUrl, scheme: other.bearer({ header: 'Authorization', prefix: 'Token' }) })
    await client.session.signIn({ accessToken: 'token' })
    await client.get('x')
    expect(sends).toMatchObject([{ path: '/x', authorization: 'Token token' }])
  })

  test('a scheme that proves sends and reads responses: DPoP, with a nonce and a refresh', async () => {
    const sends = serve(({ path, proof, authorization }) => {
      if (path === '/token') return json({ access_token: 'new', token_type: 'DPoP', refresh_token: 'r2' })
      const { nonce } = JSON.parse(atob(proof?.split('.')[1] ?? '')) as { readonly nonce?: string }
      if (nonce === undefined)
        return new Response(null, {
          status: 401,
          headers: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': 'n' },
        })
      return new Response(null, { status: authorization === 'DPoP new' ? 204 : 401 })
    })
    const scheme = other.dpop()
    const client = one.createClient({
      baseUrl,
      scheme,
      sessionName: `copies ${_one}`,
      refresh: ({ refreshToken, post }) => post('token', { refreshToken }),
    })
    await other.loginProof(scheme, { method: 'POST', url: `${baseUrl}token` })
    await client.session.signIn({ accessToken: 'old', tokenType: 'DPoP', refreshToken: 'r1' })
    expect((await client.fetch(`${baseUrl}x`)).status).toBe(204)
    expect(sends.map(({ path, proof }) => `${path} ${proof !== null}`)).toEqual([
      '/x true',
      '/x true',
      '/token true',
      '/x true',
    ])
  })
})

/** What an app holds, and may give to another copy of another version: every member must have the name that the source gives it. */
const made = (copy: Copy): Readonly<Record<string, object>> => {
  const client = copy.createClient({ baseUrl })
  return {
    bearer: copy.bearer(),
    dpop: copy.dpop(),
    cookieRefresh: copy.cookieRefresh({ url: 'refresh', signOutUrl: 'sign-out' }),
    cookieSession: copy.cookieSession({ url: 'me', signOutUrl: 'sign-out' }),
    memoryStore: copy.memoryStore(),
    indexedDbStore: copy.indexedDbStore(),
    webStorageStore: copy.webStorageStore(),
    session: client.session,
    snapshot: client.session.getSnapshot(),
    client,
  }
}
const source: Copy = { ...(await import('../../src/index.ts')), ...(await import('../../src/dpop.ts')) }

test.each([
  ['an ES module', modules],
  ['CommonJS', commonJs],
])('what the built library (%s) makes has members of the same names as in the source', (_format, copy) => {
  const namesOf = (objects: ReturnType<typeof made>) =>
    Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, Object.keys(object)]))
  expect(namesOf(made(copy))).toEqual(namesOf(made(source)))
})

test('the session that a scheme is opened with has the names that schemes of other copies read', () => {
  let opened: object = {}
  const open = (_name: string, session: object) => {
    opened = session
  }
  modules.createClient({ baseUrl, scheme: { ...modules.bearer(), open } as never })
  expect(Object.keys(opened)).toEqual(expect.arrayContaining(['state', 'changed', 'listenersOf', 'end']))
})
