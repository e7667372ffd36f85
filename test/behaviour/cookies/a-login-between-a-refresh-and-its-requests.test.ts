import { cookieRefresh } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { expect, test } from 'vitest'

/** Cookie mode: the server renews, and lets in whoever has any token. */
const start = () => {
  const sent: string[] = []
  let renewed = 0
  const client = createAuthenticatedFetch({
    baseUrl: 'https://api.test/',
    refresh: cookieRefresh({ url: 'https://api.test/refresh', signOutUrl: false }),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { pathname } = new URL(request.url)
      const token = request.headers.get('authorization')
      if (pathname === '/refresh') {
        renewed += 1
        return Response.json({ access_token: `token-${renewed}`, expires_in: 3600, subject: 'alice' })
      }
      sent.push(`${pathname} ${token}`)
      return new Response(null, { status: token ? 204 : 401 })
    },
  })
  return { ...client, sent }
}

const login = { cookie: true, subject: 'alice' } as const

test('a login that takes the token away as waiting requests go on has them wait again: none goes out without credentials', async () => {
  const { fetch, session, sent } = start()
  let isFirst = true
  session.on('request', event => {
    if (event.step !== 'sent' || event.credentials !== 'attached' || !isFirst) return
    isFirst = false
    void session.signIn(login)
  })
  await session.signIn(login)
  const upload = { method: 'POST', body: new Blob(['file']).stream(), duplex: 'half' } as const
  const responses = await Promise.all([
    fetch('https://api.test/1'),
    fetch('https://api.test/2'),
    fetch('https://api.test/3', upload),
  ])
  expect(responses.map(({ status }) => status)).toEqual([204, 204, 204])
  expect(sent.filter(send => send.endsWith('null'))).toEqual([])
})

test.each(Array.from({ length: 16 }, (_, hops) => hops))(
  'a login %i microtasks after a refresh sends no request without credentials',
  async hops => {
    const { fetch, session, sent } = start()
    let isFirst = true
    session.on('refreshed', async () => {
      if (!isFirst) return
      isFirst = false
      for (let hop = 0; hop < hops; hop += 1) await null
      void session.signIn(login)
    })
    await session.signIn(login)
    const { status } = await fetch('https://api.test/1')
    expect({ status, bare: sent.filter(send => send.endsWith('null')) }).toEqual({ status: 204, bare: [] })
  },
)
