import { expect, test } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createTestLock } from '../../support/test-lock.ts'

const start = () => {
  const [clock, lock] = [createControlledClock(), createTestLock()]
  let issued = 0
  const held: boolean[] = []
  const client = createClientOn(
    { clock, lock },
    {
      baseUrl: 'https://api.test',
      store: createScriptedStore(),
      fetch: async input => {
        const token = (input as Request).headers.get('authorization')
        return new Response('', { status: token === `Bearer ${issued}` ? 200 : 401 })
      },
      refresh: async () => {
        held.push(lock.isHeld)
        issued += 1
        return { accessToken: String(issued), refreshToken: `refresh-${issued}` }
      },
    },
  )
  return { clock, lock, held, client, get: (path: string) => client.fetch(`https://api.test${path}`) }
}

test('RT-13: a listener that waits for the client it listens to does not hold the lock, and does not deadlock', async () => {
  const { clock, lock, held, client, get } = start()
  await client.session.signIn({ accessToken: 'old', refreshToken: 'refresh-0', subject: 'alice' })
  const never = createDeferred()
  const inner: Promise<unknown>[] = []
  client.session.on('refreshed', () => {
    if (inner.length > 0) return
    // As an async listener: it asks for another refresh, which needs the very lock.
    inner.push(client.session.refresh(), get('/inner'), client.session.getAccessToken())
    return never.promise as unknown as undefined
  })
  expect((await get('/outer')).status).toBe(200)
  await Promise.all(inner)
  await clock.settle()
  expect(held).toEqual([true, true])
  expect([lock.isHeld, lock.waiting]).toEqual([false, 0])
  client.dispose()
})

test('RT-13: a request that waits for a callback of the app after the refresh does not hold the lock', async () => {
  const { clock, lock, client, get } = start()
  await client.session.signIn({ accessToken: 'old', refreshToken: 'refresh-0', subject: 'alice' })
  const answer = get('/a').then(() => createDeferred().promise)
  void answer
  await clock.settle()
  expect(lock.isHeld).toBe(false)
  expect((await get('/b')).status).toBe(200)
  client.dispose()
})
