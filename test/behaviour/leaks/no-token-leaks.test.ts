import axios from 'axios'
import ky from 'ky'
import { createClient, memoryStore, type RefreshContext, type RefreshFunction } from 'latchkey'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { huntLeaks, secret } from '../../support/leaks.ts'
import { createNetwork, refusal } from '../../support/network.ts'

const held = {
  accessToken: secret('access'),
  refreshToken: secret('refresh+/='),
  idToken: `eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.${secret('signature')}`,
}
/** What the token endpoint would have answered: nobody knows it yet, so nobody can strike it out. */
const newer = { access_token: secret('newer'), refresh_token: secret('newer-refresh') }
const body = JSON.stringify(newer)

const broken =
  (status: number, text = body) =>
  async () =>
    new Response(text, { status, headers: { 'content-type': 'application/json', 'x-request': secret('header') } })

const viaAxios =
  (status: number) =>
  ({ refreshToken }: RefreshContext) =>
    axios.post(
      `https://auth.test/refresh?token=${refreshToken}`,
      { refreshToken },
      {
        headers: { Authorization: `Bearer ${refreshToken}` },
        adapter: async config => {
          const response = {
            data: newer,
            status,
            statusText: '',
            headers: { 'set-cookie': [secret('cookie')] },
            config,
          }
          throw new axios.AxiosError(`Request failed with ${body}`, 'ERR_BAD_RESPONSE', config, null, response)
        },
      },
    )

const viaKy =
  (status: number) =>
  ({ refreshToken }: RefreshContext) =>
    ky
      .post(`https://auth.test/refresh?token=${refreshToken}`, {
        retry: 0,
        json: { refreshToken },
        headers: { Authorization: `Bearer ${refreshToken}` },
        fetch: broken(status),
      })
      .json()

const throwing = (make: (refreshToken: string) => unknown) => async (context: RefreshContext) => {
  throw make(context.refreshToken ?? '')
}

/** What an app's own refresh does wrong, or meets with; the most talkative shapes of errors there are. */
const refreshes: Readonly<Record<string, (context: RefreshContext) => Promise<unknown>>> = {
  'ky’s HTTPError for 500': viaKy(500),
  'ky’s HTTPError for 401': viaKy(401),
  'axios’ error for 503': viaAxios(503),
  'axios’ error for 401': viaAxios(401),
  'a SyntaxError that quotes the answer': async () => JSON.parse(`${secret('text')} {`),
  'an error that quotes the answer': throwing(() => new Error(`Cannot read ${body}`)),
  'an error that wraps another': throwing(token => new Error('Cannot refresh', { cause: new Error(token) })),
  'errors in an AggregateError': throwing(
    token => new AggregateError([new Error(`first ${token}`), new TypeError(body), newer], 'Cannot refresh'),
  ),
  'an error at the end of a chain of causes': throwing(token =>
    Array.from({ length: 5 }).reduce<Error>(cause => new Error('Cannot refresh', { cause }), new Error(token)),
  ),
  'an error whose toJSON shows the request': throwing(token =>
    Object.assign(new Error('Cannot refresh'), { toJSON: () => ({ token, body }), toString: () => token }),
  ),
  'an error whose stack and message are getters': throwing(token =>
    Object.defineProperties(new Error(), { message: { get: () => `no ${token}` }, stack: { get: () => body } }),
  ),
  'a DOMException that quotes the token': throwing(token => new DOMException(`'${token}' is no token`, 'SyntaxError')),
  'an error that quotes half of the answer': throwing(() => new Error(`Unexpected: ${body.slice(20, 70)}`)),
  'an error of a schema': throwing(() =>
    Object.assign(new Error(`[{"received": "${secret('received')}"}]`), { name: 'ZodError', issues: [newer] }),
  ),
  'the platform’s TypeError for a header value': async ({ refreshToken }) =>
    new Headers({ authorization: `Bearer ${refreshToken}\nx` }),
  'the platform’s TypeError for a URL': ({ refreshToken }) => fetch(`http://[?refresh_token=${refreshToken}`),
  'the platform’s TypeError for a URL, token encoded': ({ refreshToken = '' }) =>
    fetch(`http://[?refresh_token=${encodeURIComponent(refreshToken)}`),
  'a short token in quotes': throwing(() => new Error('Expected a date, got "S3cr3t" or \'S3cr3t\'')),
  'a short token in the middle of JSON': throwing(() => new SyntaxError('Unexpected S3cr3t in JSON')),
  'a token that the message is cut in': throwing(token => new Error(`${'word '.repeat(37)}${token}`)),
  'a text thrown': throwing(token => `refused ${token}`),
  'an object thrown': throwing(token => ({ message: `refused ${token}`, status: 500, body: newer, token })),
  'a Response thrown': throwing(() => new Response(body, { status: 500, statusText: secret('status') })),
  'an error with a telling name': throwing(() => Object.assign(new Error('x'), { name: secret('name') })),
  'an OAuth error that is a secret': throwing(() => ({ error: secret('code'), status: 400 })),
  'a Basic header in the message': throwing(token => new Error(`authorization: Basic ${btoa(token)} ${token}`)),
  'an answer under other names': async () => ({ token: secret('other'), refresh: secret('other') }),
  'an answer of an unknown type': async () => ({ ...newer, token_type: secret('mac') }),
  'an answer that is a text': async () => body,
  'an answer that is a Response': async () => new Response(body),
  'nothing, for the session is over': async () => null,
}

const startClient = async (
  refresh: (context: RefreshContext) => Promise<unknown>,
  fetch = createNetwork(() => refusal()).fetch,
) => {
  const hunt = huntLeaks()
  const client = createClient({
    baseUrl: 'https://api.test/',
    retry: 0,
    fetch,
    limits: { patienceMs: 0 },
    refresh: refresh as RefreshFunction,
  })
  onTestFinished(client.dispose)
  hunt.watch(client)
  await client.session.signIn(held)
  return { client, hunt }
}

describe('no token shows in the outcome of a refresh that returns', () => {
  test.each(Object.entries(refreshes))('%s (HY-01)', async (_, refresh) => {
    const { client, hunt } = await startClient(refresh)
    await hunt.catch(client.fetch(`https://api.test/x?token=${secret('query')}#${secret('hash')}`))
    await hunt.catch(client.get('x'))
    await hunt.catch(client.session.refresh())
    const seen = hunt.verdict()
    expect(seen).toMatch(/RefreshUnavailableError|SessionEndedError/)
    expect(seen).toContain("'request'")
  })
})

/** What the token endpoint answers `post`, and a body or a header of it may hold. */
const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
  'with a 500 and a body': broken(500),
  'with a 400 and an error that is a secret': broken(400, JSON.stringify({ error: `no ${secret('code')}` })),
  'with a 400 and a description': broken(
    400,
    JSON.stringify({ error: 'invalid_request', error_description: secret('of') }),
  ),
  'with a 401 and a body': broken(401),
  'with a 200 and an error': broken(200, JSON.stringify({ error: 'bad_refresh_token', hint: secret('hint') })),
  'with half of an answer': broken(200, body.slice(0, 80)),
  'with HTML': broken(200, `<p>${secret('page')}</p>`),
  'with other names': broken(200, JSON.stringify({ token: secret('other') })),
  'with an error of the network': async () => {
    throw new TypeError(`fetch failed: ${secret('network')}`)
  },
}

describe('no token shows, however short it is,', () => {
  test('of the current ones (HY-01)', async () => {
    const hunt = huntLeaks()
    const client = createClient({
      baseUrl: 'https://api.test/',
      refresh: async ({ refreshToken }) => {
        throw new Error(`no session of ${refreshToken} with S3cr3ta here`)
      },
    })
    hunt.watch(client)
    await client.session.signIn({ accessToken: 'S3cr3ta', refreshToken: 'S3cr3tr' })
    await hunt.catch(client.session.refresh())
    expect(hunt.verdict()).toContain('no session of … with … here')
  })
})

describe('no token shows in the outcome of `post` with the response', () => {
  test.each(Object.entries(answers))('%s (HY-01)', async (_, answer) => {
    const refresh: RefreshFunction = ({ refreshToken, post }) =>
      post(`https://api.test/auth/refresh?token=${refreshToken}`, { refreshToken })
    const network = createNetwork(({ url }) => (url.pathname === '/auth/refresh' ? answer() : refusal()))
    const { client, hunt } = await startClient(refresh, network.fetch)
    await hunt.catch(client.fetch('https://api.test/x'))
    await hunt.catch(client.session.refresh())
    expect(hunt.verdict()).toMatch(/RefreshUnavailableError|SessionEndedError/)
    expect(network.sends.map(({ url }) => url.pathname)).toContain('/auth/refresh')
  })

  test('nor in what `post` throws to the app’s own function (HY-01)', async () => {
    const hunt = huntLeaks()
    const network = createNetwork(broken(400, JSON.stringify({ error: 'invalid_request', hint: secret('hint') })))
    const client = createClient({
      baseUrl: 'https://api.test/',
      fetch: network.fetch,
      refresh: async ({ post, refreshToken }) => {
        await hunt.catch(post(`refresh?token=${refreshToken}`, { refreshToken }))
        throw new Error('seen')
      },
    })
    await client.session.signIn(held)
    await hunt.catch(client.session.refresh())
    expect(hunt.verdict()).toContain('PostError')
  })
})

describe('no token shows in errors made of the API’s responses', () => {
  const fail: Readonly<Record<string, () => Response | Promise<Response>>> = {
    'an HTTPError, 401 after the replay': () => refusal(),
    'an HTTPError, 500': () => new Response('', { status: 500 }),
    'a NetworkError': () => Promise.reject(new TypeError('fetch failed')),
    'a TimeoutError': () => new Promise(() => {}),
    'a step-up': () => refusal('Bearer error="insufficient_user_authentication"'),
    'a ParseError': () => new Response('{'),
  }
  test.each(Object.entries(fail))('%s of ky, its request and its options (HY-01)', async (_, answer) => {
    const network = createNetwork(answer)
    const { client, hunt } = await startClient(async () => newer, network.fetch)
    const noted = ({ error }: { readonly error: Error }) => {
      hunt.note(error)
      return error
    }
    await hunt.catch(client.get('x', { timeout: 50 }).json())
    await hunt.catch(client.post('x', { json: {}, timeout: 50, hooks: { beforeError: [noted] } }))
    hunt.verdict()
    // It was really there to be shown.
    expect(network.sends[0]?.authorization).toBe(`Bearer ${held.accessToken}`)
  })

  test('over a real server and the platform’s own errors (HY-01)', async () => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const hunt = huntLeaks()
    const client = createClient({
      limits: { patienceMs: 0 },
      baseUrl: server.origin,
      retry: 0,
      refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    })
    onTestFinished(client.dispose)
    hunt.watch(client)
    await client.session.signIn(held)
    for (const kind of ['lost', 'truncated', 'garbage', 'captive-portal'] as const) {
      server.failApi({ kind })
      await hunt.catch(client.get('api/x').json())
      server.failRefreshes({ kind })
      await hunt.catch(client.session.refresh())
    }
    await hunt.catch(client.get('api/x'))
    expect(hunt.verdict()).toContain('RefreshUnavailableError')
  })
})

describe('no token shows in any object that an app can reach', () => {
  test('the client, its session, snapshots, stores and schemes (SG-01)', async () => {
    const store = memoryStore()
    const hunt = huntLeaks()
    const client = createClient({ baseUrl: 'https://api.test/', store, refresh: async () => newer })
    onTestFinished(client.dispose)
    await client.session.signIn({ ...held, scope: 'read' })
    await client.session.refresh()
    for (const one of [client, client.session, client.extend({}), client.create(), client.fetch, store]) hunt.note(one)
    hunt.note(client.session.getSnapshot())
    client.extend(parent => {
      hunt.note(parent)
      return {}
    })
    expect(hunt.verdict()).toContain("subject: 'alice'")
    expect(await client.session.getAccessToken()).toBe(newer.access_token)
  })
})
