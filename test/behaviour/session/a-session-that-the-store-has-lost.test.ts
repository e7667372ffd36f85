import { beforeEach, describe, expect, test } from 'vitest'
import { createCookieWorld } from '../../support/cookie-world.ts'
import { stubChannel } from '../../support/test-channel.ts'

describe('a tab whose user the store has lost (the browser wiped the storage), while another tab starts', () => {
  beforeEach(() => void stubChannel())

  const start = async () => {
    const world = createCookieWorld()
    world.logIn('alice')
    const page = world.open()
    const events: string[] = []
    page.client.session.on('ended', ({ reason, subject }) => void events.push(`ended ${reason} ${subject}`))
    page.client.session.on('signed-in', ({ subject }) => void events.push(`signed-in ${subject}`))
    expect(await page.ready()).toBe('signed-in alice')
    world.store.content = null
    const look = async () => {
      page.wake()
      await world.clock.settle()
    }
    return { world, page, events, look }
  }

  test('emits ended, although the record of the other tab has no reason', async () => {
    const { world, page, events, look } = await start()
    world.answer('/session', () => new Response('{}', { status: 401 }))
    expect(await world.open().ready()).toBe('signed-out null')
    await look()
    expect(events).toEqual(['ended signed-out alice'])
    expect(page.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
  })

  test('emits ended before another user is signed in, so that the app clears its caches', async () => {
    const { world, events, look } = await start()
    world.logIn('bob')
    const asked = world.hold('/session', 'request')
    const ready = world.open().ready()
    await asked.reached
    await look()
    asked.open()
    expect(await ready).toBe('signed-in bob')
    await look()
    expect(events).toEqual(['ended signed-out alice', 'signed-in bob'])
  })
})
