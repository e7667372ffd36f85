import { cookieRefresh } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { memoryStore } from '../../../src/stores/memory.ts'

/** A server that wants the CSRF token of its last answer with every POST, and says a new one in each answer. */
function start() {
  let token = 'csrf-0'
  let asked = 0
  const log: string[] = []
  const client = createClient({
    baseUrl: 'https://api.test/',
    retry: 0,
    store: memoryStore(),
    sendHeaders: () => ({ 'X-CSRF-Token': token }),
    refresh: cookieRefresh({ url: '/session', signOutUrl: '/logout' }),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { pathname, hostname } = new URL(request.url)
      const csrf = request.headers.get('x-csrf-token')
      log.push(`${hostname}${pathname} ${csrf}`)
      const isGood = csrf === token
      if (hostname !== 'api.test') return Response.json({})
      asked += 1
      token = `csrf-${asked}`
      if (!isGood) return new Response(null, { status: 419 })
      if (pathname === '/session') return Response.json({ accessToken: 'second' })
      const isFine = pathname === '/login' || request.headers.get('authorization') === 'Bearer second'
      return Response.json({ body: await request.text() }, { status: isFine ? 200 : 401 })
    },
  })
  return { client, log }
}

describe('sendHeaders is called for each send', () => {
  test('so that the refresh and the replay carry the current CSRF token, not that of the first send', async () => {
    const { client, log } = start()
    await client.session.signIn({ accessToken: 'first', subject: 'alice' })
    const answer = client.post('notes', { body: 'note', headers: { 'X-CSRF-Token': 'of-the-app' } })
    expect(await answer.json()).toEqual({ body: 'note' })
    expect(log).toEqual(['api.test/notes csrf-0', 'api.test/session csrf-1', 'api.test/notes csrf-2'])
  })

  test('also of a login without credentials, and with a caller’s own Authorization', async () => {
    const { client, log } = start()
    await client.post('login', { body: 'alice', auth: false })
    await client.fetch(new Request('https://api.test/login', { method: 'POST', body: 'bob' }), { auth: false })
    await client.fetch('https://api.test/login', { method: 'POST', headers: { authorization: 'Basic YQ==' } })
    expect(log).toEqual(['api.test/login csrf-0', 'api.test/login csrf-1', 'api.test/login csrf-2'])
  })

  test('and a header that it no longer returns is not in the replay, whatever headers the caller gave', async () => {
    let asked = 0
    const seen: (string | null)[] = []
    const client = createClient({
      baseUrl: 'https://api.test/',
      sendHeaders: () => {
        asked += 1
        return asked === 1 ? { 'X-CSRF-Token': 'first' } : new Headers()
      },
      refresh: async () => ({ accessToken: 'second' }),
      fetch: async (input, init) => {
        const { headers } = new Request(input, init)
        seen.push(headers.get('x-csrf-token'))
        return new Response(null, { status: headers.get('authorization') === 'Bearer second' ? 204 : 401 })
      },
    })
    await client.session.signIn({ accessToken: 'first' })
    await client.fetch('https://api.test/a', { headers: { 'x-own': '1' } })
    expect(seen).toEqual(['first', null])
  })

  test('but not for other origins', async () => {
    const { client, log } = start()
    await client.post('https://elsewhere.test/notes')
    expect(log).toEqual(['elsewhere.test/notes null'])
  })
})
