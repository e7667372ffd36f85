import { queryObjects } from 'node:v8'
import { expect, onTestFinished, test } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import { createControlledClock } from '../../support/clock.ts'
import { noLock } from '../../support/refresh-rig.ts'

/** A whole day by `ONE_SECOND_TOKENS_MINUTES=1440 npx vitest run … one-second-tokens`. */
const minutes = Number(process.env['ONE_SECOND_TOKENS_MINUTES'] ?? 10)
const everyMs = 500
const lifetimeMs = 1000
/** The day is looked at in this many parts, which must be alike. */
const parts = 4

/** A server whose tokens are good for one second from their issue, with a network that takes its time. Keeps nothing. */
const startDay = async () => {
  const clock = createControlledClock()
  const after = (ms: number) => new Promise<void>(resolve => clock.setTimer(resolve, ms))
  const counts = { refreshes: 0, rejections: 0, answered: 0, failed: 0 }
  let good = { token: '', issuedAtMs: 0 }
  const issue = () => {
    good = { token: `access-${counts.refreshes}`, issuedAtMs: clock.monotonicMs() }
    return { accessToken: good.token, refreshToken: `refresh-${counts.refreshes}`, expiresInSeconds: lifetimeMs / 1000 }
  }
  const network: typeof fetch = async (_input, init) => {
    await after(20)
    const isGood = new Headers(init?.headers).get('authorization') === `Bearer ${good.token}`
    if (isGood && clock.monotonicMs() - good.issuedAtMs < lifetimeMs) return new Response('fine')
    counts.rejections += 1
    return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
  }
  const client = createClientOn(
    { clock, lock: noLock, wake: { onWake: () => () => {}, onSleep: () => () => {} } },
    {
      baseUrl: 'https://api.test',
      retry: 0,
      fetch: network,
      refresh: async () => {
        counts.refreshes += 1
        await after(50)
        return issue()
      },
    },
  )
  onTestFinished(client.dispose)
  await client.session.signIn(issue())
  const count = (name: 'answered' | 'failed') => {
    counts[name] += 1
  }
  const ask = () =>
    client.fetch('https://api.test/poll').then(
      ({ ok }) => count(ok ? 'answered' : 'failed'),
      () => count('failed'),
    )
  return { clock, counts, ask }
}

/** All that is alive when garbage is gone. */
const countObjects = () => queryObjects(Object as never, { format: 'count' })

const title = `${minutes} minutes of one-second tokens: each request is answered, there is one refresh a second, and nothing is left of them`

test(title, { timeout: 60_000 + minutes * 10_000 }, async () => {
  const { clock, counts, ask } = await startDay()
  const partMs = (minutes * 60_000) / parts
  const seen: { readonly refreshes: number; readonly objects: number; readonly timers: number }[] = []
  for (let part = 0; part < parts; part += 1) {
    const before = counts.refreshes
    for (let atMs = 0; atMs < partMs; atMs += everyMs) {
      void ask()
      await clock.advance(everyMs)
    }
    seen.push({ refreshes: counts.refreshes - before, objects: countObjects(), timers: clock.pendingTimers })
  }
  if (minutes > 10) console.log(counts, seen)
  expect(counts).toMatchObject({ answered: (minutes * 60_000) / everyMs, failed: 0, rejections: 0 })
  // No drift: each part is as the others. The first begins with a token.
  const seconds = partMs / 1000
  expect(seen.map(({ refreshes }) => refreshes)).toEqual([seconds - 1, seconds, seconds, seconds])
  expect(seen.map(({ timers }) => timers)).toEqual(seen.map(() => 0))
  // Vitest has objects of its own that come and go. One for each refresh would be hundreds.
  const [first, ...later] = seen.map(({ objects }) => objects)
  expect(Math.max(...later) - (first ?? 0)).toBeLessThan(seconds / 2)
})
