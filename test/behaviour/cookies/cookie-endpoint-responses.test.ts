import { describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

const answers: readonly (readonly [name: string, answer: () => Response])[] = [
  ['204', () => new Response(null, { status: 204 })],
  ['an empty 200', () => new Response('')],
  ['{}', () => Response.json({})],
  ['null', () => Response.json(null)],
  ['401', () => new Response('{}', { status: 401 })],
  ['a redirect to the login page', () => new Response(null, { status: 302, headers: { location: '/login' } })],
]

describe.each(['session', 'token'] as const)('a page starts, and the cookie endpoint answers (%s)', mode => {
  test.each(answers)('%s: the status is signed-out, and no login is required', async (_, answer) => {
    const world = createCookieWorld(mode)
    world.answer('/session', answer)
    const page = world.open()
    expect([await page.ready(), page.logins]).toEqual(['signed-out null', []])
  })

  test('503: the status is unknown, and becomes known later', async () => {
    const world = createCookieWorld(mode)
    world.logIn('alice')
    world.answer('/session', () => new Response(null, { status: 503 }))
    const page = world.open()
    const asked = page.client.session.ready()
    await world.clock.advance(10_000)
    expect((await asked).status).toBe('unknown')
    world.answer('/session', undefined)
    await world.clock.advance(60_000)
    expect(await page.ready()).toBe('signed-in alice')
  })

  test('419: the refresh is unavailable, unless the app says that the session is over', async () => {
    const world = createCookieWorld(mode)
    world.answer('/session', () => new Response('{}', { status: 419 }))
    const isSignedOut = ({ status }: { readonly status: number }) => status === 419 || undefined
    const page = world.open({}, { isSignedOut })
    expect(await page.ready()).toBe('signed-out null')
  })

  test('a redirect in the middle of a session ends it', async () => {
    const world = createCookieWorld(mode)
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    world.answer('/session', answers[5]?.[1])
    await expect(page.client.session.refresh()).rejects.toMatchObject({
      code: 'session-ended',
      reason: 'refresh-rejected',
    })
    await world.clock.advance(0)
    expect(page.logins).toEqual(['refresh-rejected'])
  })
})

describe('no token rests where other tabs can read it, or shows', () => {
  const secret = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.secret'

  test.each([
    ['among the claims', { sub: 'alice', access_token: 'secret', oidc: { idToken: 'secret', hint: secret } }],
    ['beside them', { sub: 'alice', refresh_token: 'secret', id_token: secret, accessToken: 'secret' }],
  ])('which the answer carried %s', async (_, answer) => {
    const world = createCookieWorld('session')
    world.answer('/session', () => Response.json(answer))
    const page = world.open()
    expect(await page.ready()).toBe('signed-in alice')
    expect(JSON.stringify([world.store.content, page.client.session.getSnapshot()])).not.toContain('secret')
  })

  test('which the app handed over with a cookie session', async () => {
    const world = createCookieWorld('session')
    const page = world.open()
    await page.ready()
    const input = {
      cookie: true,
      subject: 'alice',
      idToken: secret,
      refreshToken: 'secret',
      claims: { id_token: 'secret' },
    }
    await page.client.session.signIn(input as never)
    expect(JSON.stringify([world.store.content, page.client.session.getSnapshot()])).not.toContain('secret')
  })
})

test('two apps on one origin, with relative endpoints, have separate sessions: neither signs the other out', async () => {
  const world = createCookieWorld('session')
  world.store.read = () => null
  const names: string[] = []
  const store = {
    ...world.store,
    read: async (name: string) => {
      names.push(name)
      return null
    },
  }
  for (const app of ['one', 'two']) {
    const page = world.open(
      { baseUrl: `https://api.test/${app}/`, sessionName: undefined, store },
      { url: 'session', signOutUrl: 'logout' },
    )
    await page.ready()
  }
  expect(new Set(names).size).toBeGreaterThan(1)
  expect(names.some(name => name.includes('/one/session'))).toBe(true)
})
