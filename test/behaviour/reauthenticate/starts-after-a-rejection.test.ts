import { describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'

/**
 * Found by the random worlds: a page that started with a cookie that the server did not take any more kept the status `'unknown'`,
 * where the app has a dialog. Its requests came back with a 401, and nobody was asked to sign in; nor did a later login by
 * navigation help.
 */
describe.each(['session', 'token'] as const)(
  'a page that starts where the server no longer knows the cookie (%s)',
  mode => {
    /** Alice was signed in here before the page was closed; `declines`: how often she closes the dialog. */
    const start = async () => {
      const world = createCookieWorld(mode)
      const asked: string[] = []
      const open = () =>
        world.open({
          reauthenticate: async ({ kind, subject }) => {
            asked.push(`${kind} ${subject}`)
            return null
          },
        })
      world.logIn('alice')
      const former = open()
      await former.ready()
      former.client.dispose()
      ;(world.sessions as Map<string, string>).clear()
      return { world, open, asked }
    }

    test('is signed out, asks nobody, and its first rejected request opens the dialog', async () => {
      const { world, open, asked } = await start()
      const page = open()
      expect([await page.ready(), asked, page.logins]).toEqual(['signed-out null', [], []])
      const response = page.client.fetch('https://api.test/api')
      await world.clock.advance(1000)
      expect([(await response).status, asked, page.logins]).toEqual([401, ['login null'], ['not-signed-in']])
      page.wake()
      await world.clock.advance(1000)
      expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', subject: null })
    })

    test('keeps its dialog open when it wakes, while the dialog of another tab is open, and nobody counts as signed in', async () => {
      const world = createCookieWorld(mode)
      const closed: string[] = []
      const open = (name: string) =>
        world.open({
          reauthenticate: ({ signal }) =>
            new Promise(() => signal.addEventListener('abort', () => void closed.push(name))),
        })
      world.logIn('alice')
      const there = open('there')
      await there.ready()
      ;(world.sessions as Map<string, string>).clear()
      there.client.session.refresh().catch(() => {})
      await world.clock.advance(1000)
      const here = open('here')
      expect(await here.ready()).toBe('signed-out null')
      const waiting = here.ask()
      await world.clock.advance(1000)
      here.wake()
      await world.clock.advance(1000)
      expect(closed).toEqual([])
      expect(here.client.session.getSnapshot()).toMatchObject({ status: 'reauthenticating', subject: null })
      world.logIn('alice')
      await there.client.session.signIn({ cookie: true, subject: 'alice' })
      here.wake()
      await world.clock.advance(1000)
      expect([closed, await waiting]).toEqual([['there', 'here'], 'alice'])
    })

    test('does not close the dialog of another tab, in which no user is signed in either, and asks for no other login', async () => {
      const world = createCookieWorld(mode)
      const closed: string[] = []
      const here = world.open({
        reauthenticate: ({ signal }) =>
          new Promise(() => signal.addEventListener('abort', () => void closed.push('here'))),
      })
      expect(await here.ready()).toBe('signed-out null')
      const waiting = here.ask()
      await world.clock.advance(1000)
      expect(here.client.session.status).toBe('reauthenticating')
      expect(await world.open({}).ready()).toBe('signed-out null')
      here.wake()
      await world.clock.advance(1000)
      expect([closed, here.client.session.status, here.logins]).toEqual([[], 'reauthenticating', []])
      world.logIn('alice')
      await here.client.session.signIn({ cookie: true, subject: 'alice' })
      await world.clock.advance(1000)
      expect([closed, await waiting]).toEqual([['here'], 'alice'])
    })

    test('asks again at the next start, after a login by navigation', async () => {
      const { world, open, asked } = await start()
      await open().ready()
      world.logIn('bob')
      expect([await open().ready(), asked]).toEqual(['signed-in bob', []])
    })

    test('leaves the session of another tab suspended, whose dialog is open', async () => {
      const world = createCookieWorld(mode)
      world.logIn('alice')
      const there = world.open({ reauthenticate: () => new Promise(() => {}) })
      await there.ready()
      ;(world.sessions as Map<string, string>).clear()
      there.client.session.refresh().catch(() => {})
      await world.clock.advance(1000)
      expect(there.client.session.status).toBe('reauthenticating')
      const here = world.open({ reauthenticate: async () => null })
      expect(await here.ready()).toBe('signed-out null')
      await world.clock.advance(1000)
      expect(there.client.session.getSnapshot()).toMatchObject({ status: 'reauthenticating', subject: 'alice' })
      world.logIn('alice')
      await there.client.session.signIn({ cookie: true, subject: 'alice' })
      here.wake()
      await world.clock.advance(1000)
      expect(await here.ready()).toBe('signed-in alice')
    })
  },
)
