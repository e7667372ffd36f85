import { inspect } from 'node:util'
import { createClient } from 'latchkey'
import { expect, onTestFinished, test } from 'vitest'
import { eventTypes } from '../../src/session/events.ts'
import { secret } from '../support/leaks.ts'
import { createNetwork, refusal } from '../support/network.ts'

const tokens = {
  accessToken: secret('access'),
  refreshToken: secret('refresh'),
  idToken: `eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.${secret('signature')}`,
}

/** What a value shows to whoever looks harder than a log does: own members that are hidden, getters, prototypes, and a copy. */
function showAll(value: unknown): string {
  const shown = [inspect(value, { depth: 12, showHidden: true, getters: true, maxStringLength: null })]
  try {
    shown.push(inspect(structuredClone(value), { depth: 12, showHidden: true }))
  } catch {
    // Functions cannot be cloned, so a client cannot.
  }
  return shown.join('\n')
}

/** Everything that a client shows while its refresh ends like this. */
async function watch(respond: () => Response): Promise<{ readonly shown: string; readonly seen: ReadonlySet<string> }> {
  const shown: string[] = []
  const seen = new Set<string>()
  const note = (what: string) => (value: unknown) => {
    seen.add(what)
    shown.push(showAll(value))
  }
  const { fetch } = createNetwork(({ url }) => (url.pathname === '/auth' ? respond() : refusal()))
  const client = createClient({
    baseUrl: 'https://api.test/',
    fetch,
    retry: 0,
    limits: { patienceMs: 0 },
    refresh: ({ refreshToken, post }) => post('auth', { refreshToken }),
    onLoginRequired: note('onLoginRequired'),
  })
  onTestFinished(client.dispose)
  for (const type of eventTypes) client.session.on(type, note('event'))
  client.session.subscribe(() => note('snapshot')(client.session.getSnapshot()))
  await client.session.signIn(tokens)
  note('client')(client)
  for (const send of [
    () => client.get('x'),
    () => client.fetch('https://api.test/x'),
    () => client.session.refresh(),
  ]) {
    await send().then(note('response'), note('error'))
  }
  return { shown: shown.join('\n'), seen }
}

const mark = secret('', 6)

test.each([
  [
    'grants tokens that the API rejects too',
    () => Response.json({ access_token: secret('new'), refresh_token: secret('next') }),
  ],
  ['rejects', () => Response.json({ error: 'invalid_grant', error_description: secret('why') }, { status: 400 })],
  ['cannot respond', () => new Response(secret('page'), { status: 503 })],
  ['sends what is no token', () => Response.json({ token: secret('other') })],
])(
  'no copy and no hidden member of what can be seen shows a secret, where the token endpoint %s',
  async (_, respond) => {
    const { shown, seen } = await watch(respond)
    expect([...seen]).toEqual(expect.arrayContaining(['event', 'snapshot', 'client']))
    expect(shown.length).toBeGreaterThan(1000)
    expect(shown.split('\n').filter(line => line.includes(mark))).toEqual([])
  },
)

test('the search itself finds a secret in a hidden member, in a getter and in a cause', () => {
  const hidden = Object.defineProperty({}, 'token', { value: tokens.accessToken })
  const own = {
    get token() {
      return tokens.refreshToken
    },
  }
  for (const value of [tokens, hidden, own, new Error('x', { cause: tokens })]) expect(showAll(value)).toContain(mark)
})
