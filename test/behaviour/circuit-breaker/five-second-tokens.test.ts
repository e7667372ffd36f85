import { describe, expect, test } from 'vitest'
import { type ControlledClock, createControlledClock } from '../../support/clock.ts'
import { createStage, refusal, type Stage } from '../../support/stage.ts'

const lifetimeMs = 5000
const hourMs = 3_600_000

const after = (clock: ControlledClock, ms: number) => new Promise<void>(resolve => clock.setTimer(resolve, ms))

/** A server that takes a token for five seconds from its issue, by a clock that nobody sets, and takes its time to answer. */
const createScene = async (tellsExpiry: boolean) => {
  const clock = createControlledClock()
  let seed = 1
  clock.setRandom(() => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  })
  const stage = createStage({ clock, ...(tellsExpiry && { lifetimeSeconds: lifetimeMs / 1000 }) })
  const issuedAt = new Map<string | null, number>()
  const issue = () => {
    const tokens = stage.issue()
    issuedAt.set(tokens.accessToken, clock.monotonicMs())
    return tokens
  }
  const begunAt: number[] = []
  stage.refresh(async () => {
    begunAt.push(clock.monotonicMs())
    await after(clock, 150)
    const tokens = issue()
    await after(clock, 150)
    return tokens
  })
  stage.answer(async ({ path, token }) => {
    await after(clock, 40)
    const fresh = clock.monotonicMs() - (issuedAt.get(token) ?? Number.NEGATIVE_INFINITY) < lifetimeMs
    return fresh && path !== '/bad' ? new Response('fine') : refusal()
  })
  await stage.client.session.signIn(issue())
  return { stage, clock, begunAt }
}

/** What the requests came to: how many of each. */
const createTally = (stage: Stage) => {
  const outcomes = new Map<string, number>()
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  return {
    outcomes,
    ask: (path: string) =>
      stage.client.fetch(`https://api.test${path}`).then(
        ({ status }) => count(String(status)),
        (error: Error) => count(String(error)),
      ),
  }
}

const mostIn30s = (times: readonly number[]) =>
  Math.max(...times.map(from => times.filter(time => time >= from && time < from + 30_000).length))

describe('promise 5: tokens of five seconds, used well, never trip the breaker', () => {
  test.each([
    ['their end is told', true],
    ['only a 401 tells', false],
  ])(
    'asked for steadily over two hours, where %s',
    async (_how, tellsExpiry) => {
      const { stage, clock, begunAt } = await createScene(tellsExpiry)
      const { outcomes, ask } = createTally(stage)
      for (let atMs = 0; atMs < 2 * hourMs; atMs += 500) {
        void ask(`/poll/${(atMs / 500) % 7}`)
        await clock.advance(500)
      }
      await clock.advance(1000)
      expect(Object.fromEntries(outcomes)).toEqual({ 200: 14_400 })
      expect(mostIn30s(begunAt.slice(0, 200))).toBeLessThan(10)
      // Each of them is used for at least a good half of its life.
      expect(begunAt.length).toBeLessThan((2 * hourMs) / (lifetimeMs / 2))
    },
    60_000,
  )

  test.each([
    ['their end is told', true],
    ['only a 401 tells', false],
  ])(
    'asked for in bursts with pauses between them, over two hours, where %s',
    async (_how, tellsExpiry) => {
      const { stage, clock, begunAt } = await createScene(tellsExpiry)
      const { outcomes, ask } = createTally(stage)
      const bursts = (2 * hourMs) / 7000
      for (let burst = 0; burst < bursts; burst += 1) {
        for (let index = 0; index < 10; index += 1) void ask(`/burst/${index}`)
        await clock.advance(7000)
      }
      expect(Object.fromEntries(outcomes)).toEqual({ 200: Math.ceil(bursts) * 10 })
      expect(begunAt.length).toBeLessThanOrEqual(Math.ceil(bursts))
    },
    60_000,
  )

  test('over an hour in which the device’s clock jumps about', async () => {
    const { stage, clock } = await createScene(true)
    const { outcomes, ask } = createTally(stage)
    const jumpsMs = [86_400_000, -86_400_000, 3000, -3000, 600_000, -600_000, 40_000, -40_000]
    for (let atMs = 0; atMs < hourMs; atMs += 500) {
      void ask('/poll')
      if (atMs % 60_000 === 30_000) clock.jumpWall(jumpsMs[(atMs / 60_000 - 0.5) % jumpsMs.length] ?? 0)
      await clock.advance(500)
    }
    await clock.advance(1000)
    expect(Object.fromEntries(outcomes)).toEqual({ 200: 7200 })
  }, 60_000)

  test('beside a route that always returns 401: that route gives up, the others are not affected', async () => {
    const { stage, clock } = await createScene(true)
    const { outcomes, ask } = createTally(stage)
    for (let atMs = 0; atMs < hourMs; atMs += 500) {
      void ask('/poll')
      if (atMs % 1000 === 0) void ask('/bad')
      await clock.advance(500)
    }
    await clock.advance(1000)
    expect(Object.fromEntries(outcomes)).toEqual({ 200: 7200, 401: 3600 })
    // Twice, and after 30, 60, 120, 240, 480, 900 and 900 seconds.
    expect(stage.refreshes.filter(({ cause }) => cause === 'rejected').length).toBeLessThanOrEqual(9)
  }, 60_000)
})
