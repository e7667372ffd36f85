import { createClient, memoryStore } from 'latchkey'
import { expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'

const tokensOf = (subject: string) => ({
  access_token: `${subject}-token`,
  refresh_token: subject,
  expires_in: 3600,
  subject,
})

/** Asks for alice's token; once its refresh has failed, `meanwhile` runs `microtasks` later. */
async function askWhile(microtasks: number, meanwhile: (session: ReturnType<typeof createClient>['session']) => void) {
  let fail: (error: Error) => void = () => {}
  const began = createDeferred()
  const client = createClient({
    baseUrl: 'https://api.test/',
    store: memoryStore(),
    limits: { patienceMs: 0 },
    refresh: () =>
      new Promise((_, reject) => {
        fail = reject
        began.resolve()
      }),
  })
  await client.session.signIn(tokensOf('alice'))
  const asked = client.session.getAccessToken({ minValidityMs: 7_200_000 }).catch((error: Error) => error.name)
  await began.promise
  fail(new TypeError('network'))
  for (let passed = 0; passed < microtasks; passed += 1) await null
  meanwhile(client.session)
  const told = await asked
  client.dispose()
  return told
}

const moments = Array.from({ length: 60 }, (_, microtasks) => microtasks)

test('promise 12: getAccessToken never returns the token of a user who signed in while its refresh failed', async () => {
  const told = await Promise.all(
    moments.map(moment => askWhile(moment, session => void session.signIn(tokensOf('bob')))),
  )
  expect(new Set(told)).toEqual(new Set(['SessionEndedError', 'alice-token']))
})
