import { expect, test, vi } from 'vitest'
import { createDialogStage } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { outcomeOf, refusal } from '../../support/stage.ts'

/** No BroadcastChannel, no localStorage (React Native): each send looks at the store. */
const start = async (needsRefreshToken = false) => {
  vi.stubGlobal('BroadcastChannel', undefined)
  const store = createScriptedStore()
  let reads = 0
  const counted = {
    ...store,
    // Held up at last: what spins would never let the test end.
    read: (name: string) => (++reads > 500 ? new Promise<never>(() => {}) : store.read(name)),
  }
  const stage = createDialogStage({
    store: counted,
    trustedOrigins: ['https://files.test'],
    strategy: { needsRefreshToken, audienceOf: origin => (origin === 'https://files.test' ? 'files' : undefined) },
  })
  return { ...stage, reads: () => reads, hold: store.hold }
}

test('a request of the dialog itself to another audience is sent without credentials, and does not wait for the dialog', async () => {
  const { client, signIn, refuseAll, refresh, answer, asked, clock, reads, sends } = await start()
  await signIn({ subject: 'alice' })
  refuseAll()
  refresh(async () => null)
  client.fetch('https://api.test/x').catch(() => {})
  await clock.settle()
  expect(asked.length).toBe(1)
  answer(({ token }) => (token === null ? new Response('form') : refusal()))
  const before = reads()
  const outcome = await outcomeOf(client.fetch('https://files.test/login', { method: 'POST', body: 'x' }), clock)
  expect(reads() - before).toBeLessThan(10)
  expect(outcome).toBeInstanceOf(Response)
  expect(sends.at(-1)?.token).toBe(null)
})

test('without a refresh token, a request to another audience does not read the store in a loop', async () => {
  const { client, issue, clock, reads } = await start(true)
  await client.session.signIn(issue({ subject: 'alice', refreshToken: null }))
  const before = reads()
  const outcome = await outcomeOf(client.fetch('https://files.test/x'), clock)
  expect(reads() - before).toBeLessThan(10)
  expect(outcome).not.toBe('pending')
})

test('a user who signs in while the store is read gets no refresh for the request of the former user', async () => {
  const { client, signIn, refreshes, clock, hold } = await start()
  await signIn({ subject: 'alice' })
  const read = hold('read')
  const waiting = client.fetch('https://files.test/x').catch(error => error)
  await read.reached
  await signIn({ subject: 'bob' })
  read.open()
  expect(await waiting).toMatchObject({ code: 'session-ended', reason: 'replaced' })
  await clock.advance(1000)
  expect(refreshes).toEqual([])
})
