import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

const noNetwork = () => {
  throw new TypeError('Failed to fetch')
}
const status =
  (code: number, body: string | null = null) =>
  () =>
    code === 302
      ? new Response(null, { status: 302, headers: { location: '/goodbye' } })
      : new Response(body, { status: code })

const reported = vi.fn()
beforeEach(() => {
  reported.mockClear()
  vi.stubGlobal('reportError', reported)
})
afterEach(() => void vi.unstubAllGlobals())

/** Alice is signed in by her cookie, and signs out; the server answers `answer`, and does what it says. */
async function signedOut(answer?: () => Response, mode?: 'session' | 'token') {
  const world = createCookieWorld(mode)
  world.logIn('alice')
  const page = world.open()
  await page.ready()
  world.answer('/logout', answer)
  const { revoked } = await page.client.session.signOut()
  await world.clock.advance(0)
  return { ...world, page, revoked }
}

/** Another page of the browser, some time later. */
async function later({ clock, open }: ReturnType<typeof createCookieWorld>, ms = 60_000) {
  await clock.advance(ms)
  return open()
}

describe('a sign-out never costs a later login', () => {
  test.each([
    ['204', status(204)],
    ['200 with JSON', status(200, '{}')],
    ['200 with "OK"', status(200, 'OK')],
    ['200 with a page', status(200, '<h1>Goodbye</h1>')],
    ['a redirect', status(302)],
    ['401, since it knows of no session', status(401)],
  ])('is complete once the server has responded with %s: it is not called again', async (_, answer) => {
    const world = await signedOut(answer)
    expect(await world.revoked).toBe(true)
    expect(JSON.stringify(world.store.content)).not.toContain('revocationPending')
    for (const subject of ['bob', 'alice']) {
      world.logIn(subject)
      expect(await (await later(world)).ready()).toBe(`signed-in ${subject}`)
    }
    expect([world.told, reported.mock.calls]).toEqual([[''], []])
  })

  test.each([403, 404, 419])('a %i is reported and given up: the server would say the same again', async code => {
    const world = await signedOut(status(code, '{}'))
    expect(await world.revoked).toBe(false)
    expect(reported.mock.calls).toMatchObject([[{ status: code }]])
    world.logIn('alice')
    expect(await (await later(world)).ready()).toBe('signed-in alice')
    expect(world.told).toEqual([''])
  })

  test.each([
    ['no network', noNetwork],
    ['503', status(503)],
    ['429', status(429)],
  ])('%s: the user who signs in next stays signed in', async (_, answer) => {
    const world = await signedOut(answer)
    world.answer('/logout', undefined)
    world.logIn('bob')
    expect(await (await later(world)).ready()).toBe('signed-in bob')
    world.logIn('alice')
    expect(await (await later(world)).ready()).toBe('signed-in alice')
    expect(world.told).toEqual([''])
  })

  test('a sign-out endpoint that returns 503 without end locks no user out, not even the same one', async () => {
    const world = await signedOut(status(503))
    const tries: string[] = []
    for (const _ of [1, 2, 3]) {
      world.logIn('alice')
      tries.push(await (await later(world)).ready())
    }
    expect(tries).toEqual(['signed-out null', 'signed-in alice', 'signed-in alice'])
  })

  test.each(['session', 'token'] as const)(
    'a page that left before the answer came: whoever signs in next is signed in (%s)',
    async mode => {
      for (const subject of ['alice', 'bob']) {
        const world = createCookieWorld(mode)
        world.logIn('alice')
        const page = world.open()
        await page.ready()
        const call = world.hold('/logout', 'answer')
        void page.client.session.signOut()
        await call.reached
        // Its answer is the browser's, but there is no page left to note it.
        world.store.fail('compareAndSet', { answers: false }, 3)
        call.open()
        await world.clock.advance(0)
        world.logIn(subject)
        expect(await (await later(world)).ready()).toBe(`signed-in ${subject}`)
        expect(world.told).toEqual([''])
      }
    },
  )
})

describe('a sign-out that surely did not reach the server', () => {
  test.each(['session', 'token'] as const)(
    'is sent again at the next start, which finds that user still signed in (%s)',
    async mode => {
      const world = await signedOut(noNetwork, mode)
      expect(await world.revoked).toBe(false)
      world.answer('/logout', undefined)
      const next = await later(world)
      expect(await next.ready()).toBe('signed-out null')
      await world.clock.advance(0)
      expect(world.told).toEqual(['', { subject: 'alice', secondsAgo: 60 }])
      expect([world.sessions.size, world.cookie()]).toEqual([0, ''])
      expect(JSON.stringify(world.store.content)).not.toContain('revocationPending')
    },
  )

  test.each([
    [2000, 'while a start waits for it'],
    [60_000, 'before a start'],
  ])('nor has ended: a call that hangs counts as failed after a while (%i ms, %s)', async (ms, _) => {
    const world = createCookieWorld('token')
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const call = world.hold('/logout', 'request')
    await page.client.session.signOut()
    await call.reached
    const next = await later(world, ms)
    const status = next.ready()
    await world.clock.advance(10_000)
    expect(await status).toBe('signed-out null')
    expect(world.told).toEqual(['', { subject: 'alice', secondsAgo: ms < 5000 ? 5 : 60 }])
    expect(world.sessions.size).toBe(0)
    // What comes of the first call at last changes nothing.
    call.open()
    await world.clock.advance(0)
    expect(JSON.stringify(world.store.content)).not.toContain('revocationPending')
  })

  test('is sent again when the page that signed out is online again', async () => {
    const world = await signedOut(noNetwork)
    world.answer('/logout', undefined)
    await world.clock.advance(5000)
    world.page.wake()
    await world.clock.advance(0)
    expect([world.page.client.session.status, world.told.length, world.sessions.size]).toEqual(['signed-out', 2, 0])
  })

  test('is not sent again if the server names another session of the same user', async () => {
    const world = createCookieWorld()
    const named = (sid: string) => () => Response.json({ sub: 'alice', sid })
    world.answer('/session', named('first'))
    const page = world.open()
    await page.ready()
    world.answer('/logout', noNetwork)
    await page.client.session.signOut()
    world.answer('/session', named('second'))
    expect(await (await later(world)).ready()).toBe('signed-in alice')
    expect(world.told).toEqual([''])
  })

  test('is forgotten at the next sign-in of any user', async () => {
    const world = await signedOut(noNetwork)
    await world.page.client.session.signIn({ cookie: true, subject: 'alice' })
    world.page.wake()
    await world.clock.advance(5000)
    expect([world.page.client.session.status, world.told.length]).toEqual(['signed-in', 1])
  })

  test('requires no login at a start that finds no user: that is what was wanted', async () => {
    const world = await signedOut(noNetwork)
    world.answer('/session', status(401, '{}'))
    const next = await later(world)
    expect([await next.ready(), next.logins, world.told.length]).toEqual(['signed-out null', [], 1])
    expect(JSON.stringify(world.store.content)).not.toContain('revocationPending')
  })
})

describe('the app can wait for the server', () => {
  test('by `revoked`, which resolves when the server has responded', async () => {
    const world = createCookieWorld()
    world.logIn('alice')
    const page = world.open()
    await page.ready()
    const call = world.hold('/logout', 'answer')
    const { revoked } = await page.client.session.signOut()
    const seen = vi.fn()
    void revoked.then(seen)
    await call.reached
    await world.clock.advance(1000)
    expect(seen).not.toHaveBeenCalled()
    call.open()
    await world.clock.advance(0)
    expect(seen).toHaveBeenCalledWith(true)
  })

  test('but only for a limited time', async () => {
    const world = createCookieWorld()
    const page = world.open()
    world.hold('/logout', 'answer')
    const { revoked } = await page.client.session.signOut()
    await world.clock.advance(10_000)
    expect(await revoked).toBe(false)
  })
})
