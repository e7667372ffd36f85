import { describe, expect, test } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import type { Tokens } from '../../../src/session/parse-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, type Stage, type StageOptions } from '../../support/stage.ts'

const [second, hour, day] = [1000, 3_600_000, 86_400_000]
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const jwtOf = (claims: object) => `${encode({ alg: 'none' })}.${encode(claims)}.signature`

/** So many requests, one after the other, and what came of them. */
const ask = async ({ client, clock }: Stage, times = 5): Promise<readonly number[]> => {
  const statuses: number[] = []
  for (let time = 0; time < times; time += 1) {
    statuses.push((await client.fetch('https://api.test/a')).status)
    await clock.settle()
  }
  return statuses
}
const fine = (times = 5) => Array.from({ length: times }, () => 200)

const signedIn = async (options: StageOptions = {}, more?: Partial<Tokens>) => {
  const stage = createStage({ lifetimeSeconds: 300, ...options })
  await stage.signIn({ subject: 'alice', ...more })
  return stage
}

describe('promise 18: a device clock that is wrong', () => {
  test.each([-day, -hour, hour, day])(
    'TM-08: by %i ms from the start: no refresh before its time, then one',
    async wrongMs => {
      const stage = await signedIn({ clock: createControlledClock({ startMs: Date.UTC(2026, 0, 1) + wrongMs }) })
      expect(await ask(stage)).toEqual(fine())
      expect(stage.refreshes.length).toBe(0)
      await stage.clock.advance(301 * second)
      expect(await ask(stage)).toEqual(fine())
      expect(stage.refreshes.length).toBe(1)
    },
  )

  test.each([-day, day])('TM-08: by %i ms, with JWTs whose times are the server’s', async wrongMs => {
    const clock = createControlledClock({ startMs: Date.UTC(2026, 0, 1) + wrongMs })
    const iat = Date.UTC(2026, 0, 1) / 1000
    const stage = createStage({ clock })
    stage.answer(() => new Response('fine'))
    await stage.client.session.signIn({ accessToken: jwtOf({ iat, exp: iat + 300, sub: 'alice' }) })
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.length).toBe(0)
    await clock.advance(301 * second)
    await ask(stage)
    expect(stage.refreshes.length).toBe(1)
  })

  test.each([
    ['back by a day', -day, 0],
    ['forward by a day', day, 1],
  ])('set %s: at most one refresh for the token there was, and none for the next', async (_name, ms, refreshes) => {
    const stage = await signedIn()
    stage.clock.jumpWall(ms)
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.length).toBe(refreshes)
    await ask(stage, 20)
    expect([stage.refreshes.length, stage.client.session.status]).toEqual([refreshes, 'signed-in'])
  })

  test('set forward and back, over and over: the first jump costs a refresh, the others nothing', async () => {
    const stage = await signedIn()
    for (let round = 0; round < 4; round += 1) {
      stage.clock.jumpWall(day)
      expect(await ask(stage)).toEqual(fine())
      stage.clock.jumpWall(-day)
      expect(await ask(stage)).toEqual(fine())
      await stage.clock.advance(40 * second)
    }
    expect(stage.refreshes.length).toBe(1)
    expect(stage.client.session.status).toBe('signed-in')
  })

  test('TM-07: eight hours of sleep: one refresh, before anything is sent with the old token', async () => {
    const stage = await signedIn()
    stage.clock.sleepFor(8 * hour)
    stage.refuseAll()
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.length).toBe(1)
    expect(stage.sends.map(({ token }) => token)).not.toContain('access-1')
  })

  test.each([
    ['the same time', 0, 0],
    ['a clock set back by a day', -day, 0],
    ['a clock set forward by a day', day, 1],
    ['a night later', 8 * hour, 1],
  ])('a reload at %s: refreshes: %i ms → %i', async (_name, ms, refreshes) => {
    const [store, clock] = [createScriptedStore(), createControlledClock()]
    const before = await signedIn({ store, clock })
    before.client.dispose()
    clock.jumpWall(ms)
    const after = createStage({ store, clock })
    after.answer(() => new Response('fine'))
    expect(await ask(after)).toEqual(fine())
    expect([after.refreshes.length, after.client.session.status]).toEqual([refreshes, 'signed-in'])
  })
})

describe('promise 18: a token that looks expired on arrival is used until a 401', () => {
  test.each([
    ['TM-06: a lifetime of 0', { expiresInSeconds: 0 }],
    ['TM-06: a negative one', { expiresInSeconds: -300 }],
    ['a JWT that had ended before it was issued', { accessToken: jwtOf({ iat: 2000, exp: 1000 }) }],
  ])('%s: no refresh for its age, however often it is used', async (_name, more) => {
    const stage = createStage()
    stage.answer(() => new Response('fine'))
    await stage.signIn(more)
    expect(await ask(stage, 20)).toEqual(fine(20))
    await stage.clock.advance(day)
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.length).toBe(0)
  })

  test('TM-08: a response that took longer than the token lives: the token is used, and no refresh follows', async () => {
    const stage = await signedIn()
    stage.refuseAll()
    stage.refresh(async () => {
      const tokens = stage.issue({ expiresInSeconds: 5 })
      await stage.clock.advance(6 * second)
      return tokens
    })
    expect(await ask(stage, 10)).toEqual(fine(10))
    expect(stage.refreshes.length).toBe(1)
  })

  test('but a token whose response lay for an hour in a page that slept is not sent: one more refresh comes first', async () => {
    // No timer of a page that sleeps runs: here the deadline is longer than the sleep.
    const stage = await signedIn({ limits: { refreshTimeoutMs: 2 * hour } })
    stage.refresh(async () => {
      const tokens = stage.issue()
      await stage.clock.advance(hour)
      return tokens
    })
    await stage.client.session.refresh()
    stage.refresh(undefined)
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.map(({ cause }) => cause)).toEqual(['manual', 'expired'])
    expect(stage.sends.map(({ token }) => token)).not.toContain('access-2')
  })

  test('TM-04: a 401 counts, however much time there should be left', async () => {
    const stage = await signedIn()
    stage.refuseAll()
    expect(await ask(stage)).toEqual(fine())
    expect(stage.refreshes.map(({ cause }) => cause)).toEqual(['rejected'])
  })
})

describe('promise 18: lifetimes', () => {
  test('TM-05: are counted from when the refresh was sent, not from when its response came', async () => {
    const stage = await signedIn()
    stage.refuseAll()
    stage.refresh(async () => {
      await stage.clock.advance(9 * second)
      return stage.issue({ expiresInSeconds: 100 })
    })
    await ask(stage, 1)
    const { accessTokenExpiresAtMs } = stage.client.session.getSnapshot()
    expect(accessTokenExpiresAtMs).toBe(stage.clock.wallMs() - 9 * second + 100 * second)
  })

  test.each([3_000_000, 2 ** 31 / 1000, 1e9, 1e15, '3600', '1e400', null, undefined])(
    'TM-06: expires_in %s: no timer waits for its end, and no refresh is begun',
    async expiresInSeconds => {
      const stage = await signedIn({}, { expiresInSeconds: expiresInSeconds as number })
      expect(await ask(stage, 20)).toEqual(fine(20))
      await stage.clock.advance(10 * second)
      expect([stage.clock.pendingTimers, stage.refreshes.length]).toEqual([0, 0])
    },
  )

  test('TM-01: tokens of any kind work: random text, five parts, JWTs of others', async () => {
    for (const accessToken of ['opaque', 'a.b.c.d.e', '...', jwtOf({}), jwtOf({ exp: 'soon' }), `${jwtOf({})}.x`]) {
      const stage = createStage()
      stage.answer(({ token }) => new Response('', { status: token === accessToken ? 200 : 401 }))
      await stage.client.session.signIn({ accessToken })
      expect(await ask(stage)).toEqual(fine())
      expect(stage.refreshes.length).toBe(0)
    }
  })

  test('TM-03: claims are shown, and decide nothing, not even the user once the app has named one', async () => {
    const stage = createStage()
    const forged = jwtOf({ sub: 'admin', scope: 'all', iat: 1000, exp: 1300 })
    await stage.client.session.signIn({ accessToken: forged, subject: 'alice', scope: 'read' })
    expect(stage.client.session.getSnapshot()).toMatchObject({
      subject: 'alice',
      scope: ['read'],
      claims: { sub: 'admin' },
    })
  })

  test('TM-06: without a way to refresh, time alone ends nothing: only a 401 does', async () => {
    const clock = createControlledClock()
    const client = createClientOn({ clock }, { baseUrl: 'https://api.test', fetch: async () => new Response('fine') })
    await client.session.signIn({ accessToken: 'access', expiresInSeconds: 300 })
    await clock.advance(day)
    expect((await client.fetch('https://api.test/a')).status).toBe(200)
    expect(client.session.status).toBe('signed-in')
    client.dispose()
  })
})
