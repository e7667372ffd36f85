import { describe, expect, test } from 'vitest'
import { createShellClient } from '../../support/shell-client.ts'

/** Follows a shell that reports each refresh to all its pages, also to the one that asked for it. */
const start = async (subject: string | undefined) => {
  const world = createShellClient()
  const { page, shell, client } = world
  world.follow()
  await client.session.ready()
  const ended: unknown[] = []
  client.session.on('ended', ({ reason }) => ended.push(reason))
  shell.respond = message => {
    if (message.type === 'refresh' && message.cause === 'manual' && shell.messages.length < 20) {
      page.post({ type: 'refreshed' })
    }
    return Promise.resolve({ latchkey: 1, status: 'signed-in', session: { accessToken: 'of-bob', subject } })
  }
  return { ...world, ended }
}

describe.each(['bob', undefined])('another user who signs in to the shell, with the subject %s', subject => {
  test('begins another session, also if the shell reports the refresh that this caused', async () => {
    const { page, clock, client, ended } = await start(subject)
    const { epoch } = client.session.getSnapshot()
    page.post({ type: 'signed-in' })
    await clock.settle()
    const snapshot = client.session.getSnapshot()
    expect(snapshot).toMatchObject({ status: 'signed-in', subject: subject ?? null })
    expect(snapshot.epoch).toBeGreaterThan(epoch)
    expect(ended).toEqual(['replaced'])
    expect(await client.session.getAccessToken()).toBe('of-bob')
  })

  test('begins another session with the next report, if the shell could not respond at first', async () => {
    const { page, clock, client, ended, shell } = await start(subject)
    const { respond } = shell
    shell.respond = () => ({ latchkey: 1, status: 'unavailable' })
    page.post({ type: 'signed-in' })
    await clock.settle()
    shell.respond = respond
    page.post({ type: 'refreshed' })
    await clock.settle()
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: subject ?? null })
    expect(ended).toEqual(['replaced'])
    page.post({ type: 'refreshed' })
    await clock.settle()
    expect(shell.messages.at(-1)).toMatchObject({ cause: 'expiring' })
    expect(ended).toEqual(['replaced'])
  })
})

test('A page without a session asks a shell that reports each refresh once', async () => {
  const world = createShellClient()
  const { page, clock, client, shell } = world
  world.follow()
  shell.user = null
  await client.session.ready()
  shell.user = 'bob'
  shell.messages.length = 0
  shell.respond = () => {
    if (shell.messages.length < 20) page.post({ type: 'refreshed' })
    return shell.session()
  }
  page.post({ type: 'refreshed' })
  await clock.settle()
  expect(shell.types()).toEqual(['refresh'])
  expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
})

test('A page whose user has signed out asks when the shell announced a user, could not respond, and reports a refresh', async () => {
  const { page, clock, client, shell } = await start('bob')
  const { respond } = shell
  await client.session.signOut()
  shell.respond = () => ({ latchkey: 1, status: 'unavailable' })
  page.post({ type: 'signed-in' })
  await clock.settle()
  shell.respond = respond
  page.post({ type: 'refreshed' })
  await clock.settle()
  expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
})
