import { describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

/** Alice is signed in by a cookie that rotates, and her token is being renewed. */
async function renewing(where: 'request' | 'answer' = 'answer') {
  const world = createCookieWorld('token')
  world.logIn('alice')
  const page = world.open()
  await page.ready()
  const refresh = world.hold('/session', where)
  const refreshed = page.client.session.refresh().catch(error => error.code)
  await world.clock.advance(0)
  await refresh.reached
  return { ...world, page, refresh, refreshed }
}

describe('a refresh under way', () => {
  test.each(['request', 'answer'] as const)(
    'does not undo a sign-out: its late cookie is followed by one more call (%s)',
    async where => {
      const { clock, page, refresh, refreshed, told, sessions, cookie, open } = await renewing(where)
      const { revoked } = await page.client.session.signOut()
      expect(await refreshed).toBe('session-ended')
      await clock.advance(500)
      refresh.open()
      await clock.advance(0)
      expect([await revoked, told.length, sessions.size, cookie()]).toEqual([true, where === 'answer' ? 2 : 1, 0, ''])
      await clock.advance(60_000)
      expect(await open().ready()).toBe('signed-out null')
    },
  )

  test('that brings nothing leaves no sign-out pending that the server has heard of: neither a login nor a start waits', async () => {
    const { clock, page, refresh, log, open, store } = await renewing('request')
    const { revoked } = await page.client.session.signOut()
    await clock.advance(0)
    expect(await revoked).toBe(true)
    refresh.open()
    await clock.advance(0)
    expect(JSON.stringify(store.content)).not.toContain('revocationPending')
    const login = page.client.post('login', { auth: false, body: 'bob' })
    await clock.advance(0)
    expect(log.at(-1)).toMatch(/^\/login/)
    await login
    expect(await open().ready()).toBe('signed-in bob')
  })

  test('of another tab does not undo it either: the tab that gets the response calls', async () => {
    const world = createCookieWorld('token')
    world.logIn('alice')
    const [one, other] = [world.open(), world.open()]
    await one.ready()
    await other.ready()
    const refresh = world.hold('/session', 'answer')
    const refreshed = one.client.session.refresh().catch(error => error.code)
    await world.clock.advance(0)
    await refresh.reached
    await other.client.session.signOut()
    await world.clock.advance(500)
    refresh.open()
    await world.clock.advance(0)
    expect([await refreshed, world.told.length, world.sessions.size]).toEqual(['session-ended', 2, 0])
    await world.clock.advance(60_000)
    expect(await world.open().ready()).toBe('signed-out null')
    expect(JSON.stringify(world.store.content)).not.toContain('revocationPending')
  })

  test('that ends after a user has signed in makes no call: the cookie may be theirs', async () => {
    const { clock, page, refresh, told } = await renewing()
    await page.client.session.signOut()
    await page.client.session.signIn({ accessToken: 'token-bob', subject: 'bob' })
    refresh.open()
    await clock.advance(0)
    expect(told.length).toBe(1)
  })

  test('is waited for by a login that the page makes, whose cookie it would write over', async () => {
    const { clock, page, refresh, log, sessions, cookie } = await renewing()
    await page.client.session.signOut()
    const login = page.client.post('login', { auth: false, body: 'bob' }).json<{ accessToken: string }>()
    await clock.advance(500)
    expect(log.some(line => line.startsWith('/login'))).toBe(false)
    refresh.open()
    await clock.advance(0)
    await page.client.session.signIn(await login)
    await clock.advance(60_000)
    expect([...sessions.values()]).toEqual(['bob'])
    expect(sessions.has(cookie())).toBe(true)
    expect(await page.ready()).toBe('signed-in bob')
  })

  test('is waited for only for a limited time, and by nothing but a login', async () => {
    const { clock, page, log } = await renewing()
    await page.client.session.signOut()
    const login = page.client.post('login', { auth: false, body: 'bob' }).json()
    await page.client.get('api', { auth: false }).catch(() => {})
    expect(log.at(-1)).toMatch(/^\/api/)
    await clock.advance(10_000)
    expect(await login).toMatchObject({ subject: 'bob' })
  })

  test('a login that waits for it can be aborted', async () => {
    const { clock, page, log } = await renewing()
    await page.client.session.signOut()
    const controller = new AbortController()
    const login = page.client.post('login', { auth: false, body: 'bob', signal: controller.signal })
    await clock.advance(0)
    controller.abort()
    await expect(login).rejects.toThrow('aborted')
    expect(log.some(line => line.startsWith('/login'))).toBe(false)
  })
})

describe('a sign-out call under way', () => {
  test('is waited for by a login that the page makes: its answer would drop the new cookie', async () => {
    const world = createCookieWorld('session')
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const call = world.hold('/logout', 'answer')
    await page.client.session.signOut()
    const login = page.client.post('login', { auth: false, body: 'bob' })
    await world.clock.advance(500)
    call.open()
    await login
    await page.client.session.signIn({ cookie: true, subject: 'bob' })
    await world.clock.advance(60_000)
    expect([await page.ask(), await world.open().ready()]).toEqual(['bob', 'signed-in bob'])
  })

  test('of a page that is left: the next page asks for the session only after a second', async () => {
    const world = createCookieWorld('token')
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const call = world.hold('/logout', 'request')
    void page.client.session.signOut()
    await call.reached
    page.client.dispose()
    const next = world.open()
    const ready = next.ready()
    await world.clock.advance(500)
    call.open()
    await world.clock.advance(1000)
    expect([await ready, world.cookie(), world.sessions.size]).toEqual(['signed-out null', '', 0])
  })

  test('that takes longer: the session is requested once more before it is taken for a login', async () => {
    const world = createCookieWorld('session')
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const call = world.hold('/logout', 'request')
    void page.client.session.signOut()
    await call.reached
    page.client.dispose()
    const ready = world.open().ready()
    await world.clock.advance(2500)
    call.open()
    await world.clock.advance(3000)
    expect(await ready).toBe('signed-out null')
  })

  test('says nothing of the call that follows the refresh of its session, whose cookie is newer', async () => {
    const world = createCookieWorld('token')
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const refresh = world.hold('/session', 'answer')
    page.client.session.refresh().catch(() => {})
    await refresh.reached
    // The server knows no session of the former cookie. It has no time to look at the newer one.
    world.answer('/logout', () => new Response(null, { status: 401 }))
    const first = world.hold('/logout', 'answer')
    await page.client.session.signOut()
    await first.reached
    world.answer('/logout', () => new Response(null, { status: 503 }))
    const second = world.hold('/logout', 'request')
    refresh.open()
    await second.reached
    first.open()
    await world.clock.advance(0)
    second.open()
    await world.clock.advance(0)
    world.answer('/logout', undefined)
    await world.clock.advance(60_000)
    expect(await world.open().ready()).toBe('signed-out null')
    await world.clock.advance(0)
    expect([world.cookie(), world.sessions.size]).toEqual(['', 0])
  })
})
