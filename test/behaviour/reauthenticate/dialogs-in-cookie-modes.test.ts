import type { SessionInput } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

/** Alice is signed in, her cookie is gone, and a request finds out; in the dialog `subject` signs in, as the server knows. */
async function askedInPlace(mode: 'session' | 'token', subject: string, answer: object = { cookie: true }) {
  const world = createCookieWorld(mode)
  world.logIn('alice')
  const events: string[] = []
  const page = world.open({
    reauthenticate: async () => {
      world.logIn(subject)
      return answer as SessionInput
    },
  })
  await page.ready()
  for (const type of ['signed-in', 'ended'] as const) {
    page.client.session.on(type, event => void events.push(`${type} ${event.subject}`))
  }
  for (const cookie of world.sessions.keys()) (world.sessions as Map<string, string>).delete(cookie)
  world.answer('/api', undefined)
  return { world, page, events }
}

describe.each(['session', 'token'] as const)('a dialog that returns { cookie: true } (%s)', mode => {
  const ask = async (page: { ask(): Promise<string> }, world: ReturnType<typeof createCookieWorld>) => {
    // In mode `token` the API goes by the cookie all the same: whose it is, is what this is about.
    const asked = mode === 'session' ? page.ask() : refreshed(page as never)
    await world.clock.advance(1000)
    return asked
  }
  const refreshed = async (page: { client: { session: { refresh(): Promise<{ subject: string | null }> } } }) =>
    page.client.session.refresh().then(
      ({ subject }) => String(subject),
      error => error.code as string,
    )

  test('by the same user: the server confirms the user, and waiting requests are sent', async () => {
    const { world, page, events } = await askedInPlace(mode, 'alice')
    expect(await ask(page, world)).toBe('alice')
    expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice' })
    expect(events.filter(event => event.startsWith('ended'))).toEqual([])
    expect(page.logins).toEqual([])
  })

  test('by another user: waiting requests reject, and the session is that of the new user', async () => {
    const { world, page, events } = await askedInPlace(mode, 'bob')
    expect(await ask(page, world)).toBe('session-ended')
    expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
    expect(events).toContain('ended alice')
    expect(world.log.some(line => line.startsWith('/api bob'))).toBe(false)
  })

  test('nothing is sent before the user is known, although the server cannot name them', async () => {
    const { world, page } = await askedInPlace(mode, 'bob')
    const waiting = ask(page, world)
    const gate = world.hold('/session', 'request')
    await gate.reached
    gate.open()
    world.answer('/session', () => new Response(null, { status: world.cookie().startsWith('bob') ? 503 : 401 }))
    expect(await waiting).toBe('refresh-unavailable')
    world.answer('/session', undefined)
    await world.clock.advance(60_000)
    expect(await page.ask()).toBe('session-ended')
    expect(world.log.some(line => line.startsWith('/api bob'))).toBe(false)
  })
})

test('a dialog that returns { cookie: true } rejects waiting requests if the server does not name the user', async () => {
  const { world, page } = await askedInPlace('token', 'alice')
  let asked = 0
  world.answer('/session', () => {
    asked += 1
    return asked === 1 ? new Response(null, { status: 401 }) : Response.json({ accessToken: 'opaque' })
  })
  await expect(page.client.session.refresh()).rejects.toMatchObject({ reason: 'replaced' })
  expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: null })
})

describe('after a login that returns { cookie: true }', () => {
  test('with cookieRefresh there is a token to fetch, by getAccessToken too', async () => {
    const world = createCookieWorld('token')
    const page = world.open()
    await page.ready()
    world.logIn('alice')
    await page.client.session.signIn({ cookie: true })
    expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', epoch: 1 })
    expect(await page.client.session.getAccessToken()).toMatch(/^token-alice/)
    expect(page.client.session.getSnapshot()).toMatchObject({ subject: 'alice', epoch: 1 })
  })

  test('with cookieSession there is none, and getAccessToken says so', async () => {
    const world = createCookieWorld('session')
    const page = world.open()
    await page.ready()
    world.logIn('alice')
    await page.client.session.signIn({ cookie: true, subject: 'alice' })
    await expect(page.client.session.getAccessToken()).rejects.toMatchObject({ code: 'configuration' })
    expect(await page.ask()).toBe('alice')
  })

  test('a cookie that never arrived is named as the likely cause, once', async () => {
    const reported: unknown[] = []
    const former = globalThis.reportError
    globalThis.reportError = error => void reported.push(error)
    const world = createCookieWorld('token')
    const page = world.open()
    await page.ready()
    await page.client.session.signIn({ accessToken: 'token-alice', subject: 'alice' })
    await page.client.session.refresh().catch(() => {})
    globalThis.reportError = former
    expect(reported).toMatchObject([{ code: 'configuration', message: expect.stringContaining('credentials') }])
    await world.clock.advance(0)
    expect(page.logins).toEqual(['refresh-rejected'])
  })
})

test('With cookieRefresh, a dialog in each of two tabs is closed in both by a login with a token in the tab that started first', async () => {
  const world = createCookieWorld('token')
  const closed: string[] = []
  const open = async (name: string) => {
    const page = world.open({
      reauthenticate: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => void closed.push(name))),
    })
    await page.ready()
    return page
  }
  world.logIn('alice')
  const [first, second] = [await open('first'), await open('second')]
  ;(world.sessions as Map<string, string>).clear()
  const refreshed = [first, second].map(({ client }) => client.session.refresh())
  await world.clock.advance(2000)
  expect([first, second].map(({ client }) => client.session.status)).toEqual(['reauthenticating', 'reauthenticating'])
  world.logIn('alice')
  await first.client.session.signIn({ accessToken: 'of-the-login', subject: 'alice' })
  second.wake()
  await world.clock.advance(2000)
  expect(closed).toEqual(['first', 'second'])
  expect(await Promise.all(refreshed)).toMatchObject([{ subject: 'alice' }, { subject: 'alice' }])
})
