import { describe, expect, test } from 'vitest'
import { followShell } from '../../../src/webview/follow-shell.ts'
import { createShellClient, signedOut } from '../../support/shell-client.ts'
import { createShell } from '../../support/shell-page.ts'

const start = async () => {
  const world = createShellClient()
  world.follow()
  await world.client.session.ready()
  return world
}

/** Signed in. The response to the next question is given by `respondLate`. */
const startLate = async () => {
  const world = await start()
  let respondLate = () => {}
  world.shell.respond = ({ type }) =>
    type === 'sign-out'
      ? { latchkey: 1, status: 'signed-out' }
      : new Promise(resolve => {
          respondLate = () => resolve(world.shell.session())
        })
  return { ...world, respondLate: () => respondLate() }
}

describe('followShell', () => {
  test('signs out with the shell, and does not send the sign-out back', async () => {
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

  test('continues the session if the same user has signed in again', async () => {
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
    ['another user', { accessToken: 'carols', subject: 'carol' }, 'carol'],
    ['the same user', { accessToken: 'stepped-up', subject: 'alice' }, 'alice'],
  ])(
    'drops the response to an older question where %s has signed in on the page meanwhile',
    async (_who, input, subject) => {
      const { page, shell, seen, clock, client, respondLate } = await startLate()
      page.post({ type: 'signed-in' })
      await clock.settle()
      if (subject === 'carol') await client.session.signOut()
      await client.session.signIn(input)
      respondLate()
      await clock.settle()
      expect(seen()).toMatchObject({ status: 'signed-in', subject })
      expect(await client.session.getAccessToken()).toBe(input.accessToken)
      expect(shell.types().filter(type => type === 'refresh')).toHaveLength(2)
    },
  )

  test('does not sign in again a user who signed out before the page knew of any session', async () => {
    const { page, seen, clock, client, shell, follow } = createShellClient()
    follow()
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
    expect(seen().status).toBe('signed-out')
  })

  test('signs in the user whom the shell announced, where a refresh has ended the former session meanwhile', async () => {
    const { page, shell, seen, clock, client, respondLate } = await startLate()
    page.post({ type: 'signed-in' })
    await clock.settle()
    shell.respond = () => ({ latchkey: 1, status: 'signed-out' })
    await client.session.refresh().catch(() => {})
    expect(seen()).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    respondLate()
    await clock.settle()
    expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  })

  test('changes nothing in a client that was disposed while the shell was called, and calls no more for it', async () => {
    const { page, shell, seen, clock, client, respondLate } = await startLate()
    const signIns: unknown[] = []
    client.session.on('signed-in', event => signIns.push(event))
    shell.user = 'bob'
    page.post({ type: 'signed-in' })
    await clock.settle()
    client.dispose()
    respondLate()
    page.post({ type: 'refreshed' })
    await clock.settle()
    page.post({ type: 'signed-out' })
    await clock.settle()
    expect([seen().subject, signIns]).toEqual(['alice', []])
    expect(shell.types()).toEqual(['refresh', 'refresh'])
  })

  test('leaves it to another client to report its sign-out to its own shell, also from within a listener', async () => {
    const one = await start()
    const two = createShellClient()
    await two.client.session.ready()
    one.client.session.on('ended', () => void two.client.session.signOut())
    one.page.post({ type: 'signed-out' })
    await two.clock.settle()
    expect({ one: one.shell.types(), two: two.shell.types() }).toEqual({
      one: ['refresh'],
      two: ['refresh', 'sign-out'],
    })
  })

  test('revokes the tokens of a client that refreshes without the shell', async () => {
    const revoked: unknown[] = []
    const world = createShellClient({
      refresh: { refresh: async () => null, revoke: ({ accessToken }) => void revoked.push(accessToken) },
    })
    world.follow()
    await world.client.session.signIn({ accessToken: 'a', subject: 'alice' })
    world.page.post({ type: 'signed-out' })
    await world.clock.settle()
    expect([world.seen().status, revoked]).toEqual(['signed-out', ['a']])
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

  test('ignores messages once it was stopped, and a response that is under way then changes nothing', async () => {
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

test('Two pages of one shell, which posts `refreshed` to both after each refresh, do not make each other refresh without end', async () => {
  const shell = createShell()
  const [first, second] = [createShellClient({}, shell), createShellClient({}, shell)]
  const causes: unknown[] = []
  let cached = shell.session()
  shell.respond = message => {
    if (message.type !== 'refresh') return signedOut
    causes.push(message.cause)
    // As docs/webview says: after `rejected` and `manual` not from a cache.
    if (/rejected|manual/.test(message.cause)) {
      cached = {
        latchkey: 1,
        status: 'signed-in',
        session: { accessToken: `token-${causes.length}`, subject: 'alice' },
      }
      if (causes.length < 20) queueMicrotask(() => second.page.post({ type: 'refreshed' }))
    }
    return cached
  }
  for (const { client, follow } of [first, second]) {
    await client.session.ready()
    follow()
  }
  await first.client.session.refresh()
  await first.clock.settle()
  await second.clock.settle()
  expect(causes).toEqual(['restore', 'restore', 'manual', 'expiring'])
  const tokens = await Promise.all([first, second].map(({ client }) => client.session.getAccessToken()))
  expect(tokens).toEqual(['token-3', 'token-3'])
})
