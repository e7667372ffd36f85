import { describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

/** Alice is signed in by her cookie, in two tabs. She signs out in one, and the call is on its way. */
async function signingOut(mode: 'session' | 'token' = 'session', where: 'request' | 'answer' = 'answer') {
  const world = createCookieWorld(mode)
  world.logIn('alice')
  const [leaving, other] = [world.open(), world.open()]
  await leaving.ready()
  await other.ready()
  const call = world.hold('/logout', where)
  await leaving.client.session.signOut()
  await call.reached
  const hasLogin = () => world.log.some(line => line.startsWith('/login'))
  const logIn = () => other.client.post('login', { auth: false, body: 'bob' }).json<{ accessToken: string }>()
  return { ...world, leaving, other, call, hasLogin, logIn }
}

describe('a login in a tab that was open already, while the sign-out call of another tab is under way', () => {
  test.each([
    ['session', 'answer'],
    ['session', 'request'],
    ['token', 'answer'],
  ] as const)(
    'waits for it: the late response would clear the new cookie (mode %s, %s on its way)',
    async (mode, where) => {
      const { clock, other, call, hasLogin, logIn, open, sessions, cookie } = await signingOut(mode, where)
      await clock.advance(200)
      const login = logIn()
      await clock.advance(2800)
      expect(hasLogin()).toBe(false)
      call.open()
      await clock.advance(250)
      const answer = await login
      await other.client.session.signIn(mode === 'token' ? answer : { cookie: true, subject: 'bob' })
      await clock.advance(60_000)
      expect([await other.ask(), sessions.get(cookie()), await open().ready()]).toEqual(['bob', 'bob', 'signed-in bob'])
      expect(other.logins).toEqual([])
    },
  )

  test('waits for it in a page, too, that has asked for nothing yet', async () => {
    const { clock, call, hasLogin, open } = await signingOut()
    const login = open().client.post('login', { auth: false, body: 'bob' })
    await clock.advance(1000)
    expect(hasLogin()).toBe(false)
    call.open()
    await clock.advance(250)
    expect((await login).status).toBe(200)
  })

  test('waits at most until the call must have ended, 5 s after the sign-out', async () => {
    const { clock, hasLogin, logIn } = await signingOut()
    await clock.advance(200)
    const login = logIn()
    await clock.advance(4500)
    expect(hasLogin()).toBe(false)
    await clock.advance(500)
    expect((await login).accessToken).toBe('token-bob')
  })

  test('waits no longer than `limits.refreshTimeoutMs`', async () => {
    const { clock, hasLogin, open } = await signingOut()
    const login = open({ limits: { refreshTimeoutMs: 1000 } }).client.post('login', { auth: false, body: 'bob' })
    await clock.advance(900)
    expect(hasLogin()).toBe(false)
    await clock.advance(100)
    expect((await login).status).toBe(200)
  })

  test('waits for the second call, which follows the late cookie of a refresh in that tab', async () => {
    const world = createCookieWorld('token')
    world.logIn('alice')
    const [leaving, other] = [world.open(), world.open()]
    await leaving.ready()
    await other.ready()
    const refresh = world.hold('/session', 'answer')
    leaving.client.session.refresh().catch(() => {})
    await refresh.reached
    await leaving.client.session.signOut()
    await world.clock.advance(200)
    const login = other.client.post('login', { auth: false, body: 'bob' }).json<{ accessToken: string }>()
    const second = world.hold('/logout', 'answer')
    await world.clock.advance(1000)
    refresh.open()
    await second.reached
    await world.clock.advance(1000)
    expect(world.log.some(line => line.startsWith('/login'))).toBe(false)
    second.open()
    await world.clock.advance(250)
    await other.client.session.signIn(await login)
    await world.clock.advance(60_000)
    expect([world.sessions.get(world.cookie()), await world.open().ready()]).toEqual(['bob', 'signed-in bob'])
  })

  test('can be aborted while it waits', async () => {
    const { clock, other, hasLogin } = await signingOut()
    await clock.advance(200)
    const controller = new AbortController()
    const login = other.client.post('login', { auth: false, body: 'bob', signal: controller.signal })
    await clock.advance(0)
    controller.abort()
    await expect(login).rejects.toThrow('aborted')
    await clock.advance(10_000)
    expect(hasLogin()).toBe(false)
  })

  test('waits for nothing once the call surely has failed, or its page was left long ago', async () => {
    for (const isLeft of [false, true]) {
      const { clock, leaving, call, hasLogin, logIn, answer } = await signingOut('session', 'request')
      if (isLeft) leaving.client.dispose()
      else {
        answer('/logout', () => new Response(null, { status: 503 }))
        call.open()
      }
      await clock.advance(isLeft ? 5000 : 500)
      const login = logIn()
      await clock.advance(0)
      expect([isLeft, hasLogin()]).toEqual([isLeft, true])
      await login
    }
  })

  test.each(['before', 'during'])(
    'of a client that was disposed of %s its wait reads no store any more',
    async when => {
      const { clock, store, other, hasLogin } = await signingOut()
      await clock.advance(200)
      if (when === 'before') other.client.dispose()
      const login = other.client.post('login', { auth: false, body: 'bob' })
      await clock.advance(0)
      if (when === 'during') other.client.dispose()
      const reads = () => store.calls.filter(call => call === 'read').length
      const before = reads()
      await clock.advance(10_000)
      expect([(await login).status, hasLogin(), reads() - before]).toEqual([200, true, 0])
    },
  )

  test('is the only thing that waits', async () => {
    const { clock, other, log } = await signingOut()
    await clock.advance(200)
    other.client.get('api', { auth: false }).catch(() => {})
    await clock.advance(0)
    expect(log.at(-1)).toMatch(/^\/api/)
  })
})
