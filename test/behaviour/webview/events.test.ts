import { describe, expect, test } from 'vitest'
import { followShell } from '../../../src/webview/follow-shell.ts'
import { createShellClient } from '../../support/shell-client.ts'

const start = async () => {
  const world = createShellClient()
  world.follow()
  await world.client.session.ready()
  return world
}

describe('followShell', () => {
  test('signs out with the shell, and does not tell it in return', async () => {
    const { page, shell, seen, clock, logins } = await start()
    shell.user = null
    page.post({ type: 'signed-out' })
    expect(seen()).toEqual({ status: 'signed-out', subject: null, endReason: 'signed-out' })
    await clock.settle()
    expect(shell.types()).toEqual(['refresh'])
    expect(logins).toEqual([])
  })

  test('signs in with the shell', async () => {
    const world = createShellClient()
    world.follow()
    world.shell.user = null
    await world.client.session.ready()
    world.shell.user = 'alice'
    world.page.post({ type: 'signed-in' })
    await world.clock.settle()
    expect(world.seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
    expect(world.shell.messages.at(-1)).toMatchObject({ type: 'refresh', cause: 'manual' })
  })

  test('begins another session where another user has signed in, and tells the app that the first was replaced', async () => {
    const { page, shell, seen, clock, client } = await start()
    const ended: unknown[] = []
    client.session.on('ended', ({ reason, subject }) => ended.push([reason, subject]))
    shell.user = 'bob'
    page.post({ type: 'signed-in' })
    await clock.settle()
    expect(seen()).toMatchObject({ status: 'signed-in', subject: 'bob' })
    expect(ended).toEqual([['replaced', 'alice']])
  })

  test('continues the session where the same user has signed in again', async () => {
    const { page, client, clock } = await start()
    const { epoch } = client.session.getSnapshot()
    page.post({ type: 'signed-in' })
    await clock.settle()
    expect(client.session.getSnapshot()).toMatchObject({ epoch, generation: 1 })
  })

  test('fetches a newer token of the same session, also where tokens do not say whose they are', async () => {
    const { page, client, shell, clock } = await start()
    const { epoch } = client.session.getSnapshot()
    shell.respond = () => ({ latchkey: 1, status: 'signed-in', session: { accessToken: 'opaque' } })
    page.post({ type: 'refreshed' })
    await clock.settle()
    expect(client.session.getSnapshot()).toMatchObject({ epoch, status: 'signed-in' })
    expect(await client.session.getAccessToken()).toBe('opaque')
  })

  test('restores a session that could not be known before the shell was ready', async () => {
    const world = createShellClient()
    world.follow()
    world.shell.respond = () => null
    await world.client.session.ready()
    expect(world.seen().status).toBe('unknown')
    world.shell.respond = undefined
    world.page.post({ type: 'refreshed' })
    await world.clock.settle()
    expect(world.seen().status).toBe('signed-in')
  })

  test('of several events the last one counts, whichever response is the slowest', async () => {
    const { page, shell, seen, clock } = await start()
    let respond = () => {}
    shell.respond = () =>
      new Promise(resolve => {
        respond = () => resolve(shell.session())
      })
    page.post({ type: 'signed-in' })
    await clock.settle()
    page.post({ type: 'signed-out' })
    respond()
    await clock.settle()
    expect(seen().status).toBe('signed-out')
  })

  test('does not sign the user in again who signs out in the page while the shell is called', async () => {
    const { page, shell, seen, clock, client } = await start()
    let respond = () => {}
    shell.respond = ({ type }) =>
      type === 'sign-out'
        ? { latchkey: 1, status: 'signed-out' }
        : new Promise(resolve => {
            respond = () => resolve(shell.session())
          })
    page.post({ type: 'signed-in' })
    await clock.settle()
    await client.session.signOut()
    respond()
    await clock.settle()
    expect(seen()).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
    expect(shell.types()).toContain('sign-out')
  })

  test.each([
    ['of another version', { latchkey: 2, type: 'signed-out' }],
    ['of an unknown type', { type: 'wiped' }],
    ['that is the response to a request', { id: '1', status: 'signed-out' }],
  ])('ignores a message %s', async (_what, message) => {
    const { page, shell, seen } = await start()
    page.post(message)
    expect(seen().status).toBe('signed-in')
    expect(shell.types()).toEqual(['refresh'])
  })

  test('hears nothing once it was stopped, and a response that is under way then changes nothing', async () => {
    const world = createShellClient()
    const stop = followShell(world.client, { bridge: world.shell })
    await world.client.session.ready()
    world.shell.user = 'bob'
    world.page.post({ type: 'signed-in' })
    stop()
    world.page.post({ type: 'signed-out' })
    await world.clock.settle()
    expect(world.seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
    expect(world.page.listening).toBe(0)
  })

  test('follows only what is posted to its own page: the session in another webview goes on', async () => {
    const one = await start()
    const two = await start()
    two.page.post({ type: 'signed-out' })
    expect([one.seen().status, two.seen().status]).toEqual(['signed-in', 'signed-out'])
  })
})
