import { expect, test } from 'vitest'
import type { ShellMessage } from '../../../src/webview/protocol.ts'
import { createClientWithLogin, createShellClient, signedOut } from '../../support/shell-client.ts'

test('A page to which the shell posts `signed-in` of another user and `refreshed` at once, after a sleep, is signed in as that user', async () => {
  const { page, shell, seen, clock, client, follow, logins } = createShellClient()
  follow()
  await client.session.ready()
  shell.user = 'bob'
  page.post({ type: 'signed-in' })
  page.post({ type: 'refreshed' })
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'bob' })
  expect(logins).toEqual([])
})

test('A new session that the shell announces takes nothing over from the former, also where `refreshed` follows and tokens do not say whose they are', async () => {
  const { page, shell, clock, client, follow } = createShellClient()
  const session = () => ({ accessToken: `opaque-${shell.messages.length}` })
  shell.respond = async () => ({ latchkey: 1, status: 'signed-in', session: session() })
  follow()
  await client.session.ready()
  const { epoch } = client.session.getSnapshot()
  page.post({ type: 'signed-in' })
  page.post({ type: 'refreshed' })
  await clock.settle()
  expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', epoch: epoch + 1 })
})

test('A shell that posts `refreshed` to the page that asks who has signed in is not asked again and again', async () => {
  const { page, shell, seen, clock, client, follow } = createShellClient()
  follow()
  shell.user = null
  await client.session.ready()
  shell.user = 'alice'
  shell.respond = async () => {
    const response = shell.session()
    if (shell.messages.length < 20) page.post({ type: 'refreshed' })
    return response
  }
  page.post({ type: 'signed-in' })
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  expect(shell.types()).toEqual(['refresh', 'refresh'])
})

/** The user has signed out in the page. The shell responds to logins and to questions when the test says so. */
const startSignedOut = async () => {
  const world = createClientWithLogin()
  world.follow()
  await world.client.session.ready()
  await world.client.session.signOut()
  await world.clock.settle()
  world.api.isGood = token => token !== null
  const waiting = new Map<ShellMessage['type'], (response: unknown) => void>()
  world.shell.respond = ({ type }) => new Promise(resolve => waiting.set(type, resolve))
  return {
    ...world,
    respond: async (type: ShellMessage['type'], response: unknown) => {
      waiting.get(type)?.(response)
      await world.clock.settle()
    },
    signInByShell: () => {
      world.shell.user = 'alice'
      world.page.post({ type: 'signed-in' })
    },
  }
}

test('A user who has signed out, and signs in by the shell as it closes the login of the page, is signed in', async () => {
  const { shell, seen, clock, ask, respond, signInByShell } = await startSignedOut()
  void ask()
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'reauthenticating', endReason: 'signed-out' })
  signInByShell()
  await respond('login', { latchkey: 1, status: 'declined' })
  await respond('refresh', shell.session())
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
})

test('A user who has signed out, and signs in by the shell as the page begins to ask for a login, is signed in', async () => {
  const { shell, seen, clock, ask, respond, signInByShell } = await startSignedOut()
  signInByShell()
  const answer = ask()
  await clock.settle()
  await respond('refresh', shell.session())
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  expect(await answer).toBe(200)
  expect(shell.types().slice(-2)).toEqual(['login', 'cancel'])
})

test('A sign-out that the shell announced during a refresh is not sent to it when the refresh ends: a user who signed in there since stays signed in', async () => {
  for (const user of ['alice', 'bob']) {
    const { page, shell, seen, clock, client, follow } = createShellClient()
    follow()
    await client.session.ready()
    const late = shell.session()
    const waiting: ((response: unknown) => void)[] = []
    shell.respond = ({ type }) => (type === 'sign-out' ? signedOut : new Promise(resolve => waiting.push(resolve)))
    client.session.refresh().catch(() => {})
    await clock.settle()
    page.post({ type: 'signed-out' })
    shell.user = user
    page.post({ type: 'signed-in' })
    await clock.settle()
    waiting[0]?.(late)
    await clock.settle()
    waiting[1]?.(shell.session())
    await clock.settle()
    expect(seen()).toMatchObject({ status: 'signed-in', subject: user })
    expect(shell.types()).toEqual(['refresh', 'refresh', 'refresh'])
  }
})

test('A user who signs in by the shell before it has responded to a sign-out of the page, made during a refresh, is not signed out by a repetition of it', async () => {
  const { page, shell, seen, clock, client, follow } = createShellClient()
  follow()
  const waiting: ((response: unknown) => void)[] = []
  shell.respond = () => new Promise(resolve => waiting.push(resolve))
  void client.session.ready()
  await clock.settle()
  const late = shell.session()
  void client.session.signOut()
  await clock.settle()
  const [restore, signOut] = waiting
  restore?.(late)
  await clock.settle()
  page.post({ type: 'signed-in' })
  await clock.settle()
  waiting.at(-1)?.(shell.session())
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  signOut?.({ latchkey: 1, status: 'unavailable' })
  await clock.settle()
  expect(shell.types().at(-1)).toBe('refresh')
})

test('A user who has signed out in the page, which the shell could not confirm, is not signed in again by a `refreshed`', async () => {
  const { page, shell, seen, clock, client, follow } = createShellClient()
  follow()
  await client.session.ready()
  shell.respond = ({ type }) => (type === 'sign-out' ? { latchkey: 1, status: 'unavailable' } : shell.session())
  await client.session.signOut()
  await clock.settle()
  page.post({ type: 'refreshed' })
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
  expect(shell.types()).toEqual(['refresh', 'sign-out'])
})

test('A user who signs in by the shell while its confirmation of a sign-out is under way is not signed out by a repetition after a refresh that ends then', async () => {
  const { page, shell, seen, clock, client, follow } = createShellClient()
  follow()
  const waiting: ((response: unknown) => void)[] = []
  shell.respond = () => new Promise(resolve => waiting.push(resolve))
  void client.session.ready()
  await clock.settle()
  void client.session.signOut()
  await clock.settle()
  page.post({ type: 'signed-in' })
  await clock.settle()
  for (const respond of [waiting[0], waiting[2]]) {
    respond?.(shell.session())
    await clock.settle()
  }
  waiting[1]?.(signedOut)
  await clock.settle()
  expect(seen()).toMatchObject({ status: 'signed-in', subject: 'alice' })
  expect(shell.types()).toEqual(['refresh', 'sign-out', 'refresh'])
})

test('A sign-out that the shell could not confirm is not repeated when the refresh ends, if the shell has announced a sign-in', async () => {
  const { page, shell, clock, client, follow } = createShellClient()
  follow()
  const waiting: ((response: unknown) => void)[] = []
  shell.respond = ({ type }) =>
    type === 'sign-out' ? { latchkey: 1, status: 'unavailable' } : new Promise(resolve => waiting.push(resolve))
  void client.session.ready()
  await clock.settle()
  void client.session.signOut()
  await clock.settle()
  page.post({ type: 'signed-in' })
  await clock.settle()
  waiting[0]?.(shell.session())
  await clock.settle()
  expect(shell.types().filter(type => type === 'sign-out')).toHaveLength(1)
})

test('A sign-out whose repetition waits for the shell is not repeated once a user has signed in in the page', async () => {
  const { shell, clock, client, follow } = createShellClient()
  follow()
  const waiting: ((response: unknown) => void)[] = []
  shell.respond = () => new Promise(resolve => waiting.push(resolve))
  void client.session.ready()
  await clock.settle()
  const late = shell.session()
  void client.session.signOut()
  await clock.settle()
  const [restore, signOut] = waiting
  restore?.(late)
  await clock.settle()
  void client.session.signIn({ accessToken: 'of-a-new-login', subject: 'alice' })
  await clock.settle()
  signOut?.({ latchkey: 1, status: 'unavailable' })
  await clock.settle()
  expect(shell.types().filter(type => type === 'sign-out')).toHaveLength(1)
})
