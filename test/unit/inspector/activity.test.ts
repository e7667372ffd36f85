import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Burst, Route } from '../../../src/inspector/activity.ts'
import { describeBurst } from '../../../src/inspector/draw-burst.ts'
import { describeTally } from '../../../src/inspector/draw-route.ts'
import { followSession } from '../../../src/inspector/follow-session.ts'
import { createStage, refusal, type StageOptions, stageOrigin } from '../../support/stage.ts'

/** A client that is watched, and the page's own clock in the test's hands. */
const watch = async (options: StageOptions = {}) => {
  let nowMs = 1000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const stage = createStage({ baseUrl: stageOrigin, retry: 0, ...options })
  const onChange = vi.fn()
  const follower = followSession(stage.client.session, onChange)
  onTestFinished(() => follower.stop())
  const { activity } = follower
  const pass = (ms: number) => {
    nowMs += ms
  }
  const lastBurst = (): Burst => activity.bursts.at(-1) ?? activity.burstAt(nowMs)
  const routeOf = (path: string): Route => {
    const route = lastBurst().routes.get(`GET ${stageOrigin}/${path}`)
    if (!route) throw new Error(`nothing was drawn of ${path}`)
    return route
  }
  await stage.signIn({ subject: 'mira' })
  return { ...stage, follower, activity, onChange, pass, lastBurst, routeOf }
}

describe('what the inspector stores of a request', () => {
  test('is three bars and two dots in one lane, where it was rejected, waited and was replayed', async () => {
    const { client, refuseAll, routeOf, lastBurst } = await watch()
    refuseAll()
    await client.get('notes')
    const { segments, marks } = routeOf('notes')
    expect(segments.map(({ kind, lane }) => [kind, lane])).toEqual([
      ['sending', 0],
      ['waiting', 0],
      ['replaying', 0],
    ])
    expect(marks.map(({ kind }) => kind)).toEqual(['rejected', 'replayed'])
    expect(segments.every(({ toMs }) => toMs !== null)).toBe(true)
    expect(describeTally(routeOf('notes'))).toBe('1 rejected · 1 replayed · 1 × 200')
    expect(describeBurst(lastBurst())).toBe('1 request · 1 rejected · 1 refresh · 1 replayed')
  })

  test('says why a request went out without a token, and names no query', async () => {
    const { client, answer, lastBurst } = await watch()
    answer(() => refusal())
    await client.get('https://elsewhere.test/x?secret=1', { throwHttpErrors: false })
    const [[key, route] = []] = [...lastBurst().routes]
    expect(key).toBe('GET https://elsewhere.test/x')
    expect(route?.note).toBe('Sent without a token: this origin is not in trustedOrigins.')
    expect(route?.path).toBe('elsewhere.test/x')
  })

  test('has a bound: of 2,000 requests all are counted and 60 at a time are drawn', async () => {
    const { client, routeOf, lastBurst, onChange } = await watch()
    await Promise.all(Array.from({ length: 2000 }, () => client.fetch(`${stageOrigin}/notes`)))
    const { calls, inFlight, laneFreeAt, segments, marks, outcomes } = routeOf('notes')
    expect({ calls, inFlight, ok: outcomes.get('200') }).toEqual({ calls: 2000, inFlight: 0, ok: 2000 })
    expect({ lanes: laneFreeAt.length, segments: segments.length, marks: marks.length }).toEqual({
      lanes: 60,
      segments: 60,
      marks: 60,
    })
    expect(lastBurst().inFlight).toBe(0)
    expect(onChange.mock.calls.length).toBeGreaterThanOrEqual(4000)
  })

  test('has a bound for paths, too: all beyond the first 24 are one row', async () => {
    const { client, lastBurst } = await watch()
    await Promise.all(Array.from({ length: 100 }, (_, index) => client.fetch(`${stageOrigin}/notes/${index}`)))
    expect(lastBurst().routes.size).toBe(25)
    expect(lastBurst().routes.get('other requests')?.calls).toBe(76)
  })

  test('is never a message that could quote a secret: an error is shown by its code or name', async () => {
    const { client, answer, routeOf } = await watch()
    answer(() => {
      throw new TypeError('token eyJhbGciOi was not sent')
    })
    await client.get('notes').catch(() => {})
    expect(describeTally(routeOf('notes'))).toBe('1 × TypeError')
  })
})

describe('the bursts of the inspector', () => {
  test('end with a pause of two seconds, and the oldest of many is forgotten', async () => {
    const { client, activity, pass } = await watch()
    await client.get('notes')
    pass(1900)
    await client.get('notes')
    expect(activity.bursts).toHaveLength(1)
    for (let round = 0; round < 20; round += 1) {
      pass(2100)
      await client.get('notes')
    }
    expect(activity.bursts).toHaveLength(12)
  })

  test('begin with the current token, and show where it was rejected', async () => {
    const { client, lastBurst, pass, refuseAll } = await watch()
    pass(5000)
    refuseAll()
    await client.get('notes')
    const tokens = lastBurst().tokens.map(({ generation, overMs, toMs }) => ({
      generation,
      isOver: overMs !== null,
      isReplaced: toMs !== null,
    }))
    expect(tokens).toEqual([
      { generation: 0, isOver: true, isReplaced: true },
      { generation: 1, isOver: false, isReplaced: false },
    ])
  })

  test('show a refresh with its cause and its end', async () => {
    const { client, lastBurst, refresh } = await watch()
    await client.session.refresh()
    refresh(async () => null)
    await client.session.refresh().catch(() => {})
    expect(lastBurst().refreshes.map(({ cause, outcome, reason }) => [cause, outcome, reason])).toEqual([
      ['manual', 'refreshed', null],
      ['manual', 'ended', 'refresh-rejected'],
    ])
    expect(lastBurst().milestones.map(({ text }) => text)).toEqual([
      'mira signed in',
      'Session ended: refresh-rejected',
    ])
  })

  test.each([
    ['finds a user', async () => ({ accessToken: 'restored', subject: 'mira' }), 'refreshed'],
    ['finds no user', async () => null, 'ended'],
  ])('show the end of the refresh at the start of a page that %s', async (_, refresh, outcome) => {
    const stage = createStage({ strategy: { ambient: true } })
    stage.refresh(refresh)
    const { activity, stop } = followSession(stage.client.session, () => {})
    onTestFinished(stop)
    await stage.client.session.ready()
    expect(activity.bursts.flatMap(({ refreshes }) => refreshes)).toMatchObject([{ cause: 'restore', outcome }])
    expect(activity.isBusy()).toBe(false)
  })

  test('are gone after clear(), and a call that was on its way then is drawn as a new one', async () => {
    const { client, follower, activity, answer, lastBurst } = await watch()
    let respond = (_: Response) => {}
    answer(() => new Promise(resolve => (respond = resolve)))
    const pending = client.get('notes')
    await vi.waitFor(() => expect(lastBurst().inFlight).toBe(1))
    follower.clear()
    expect(activity.bursts).toEqual([])
    respond(new Response())
    await pending
    expect(activity.isBusy()).toBe(false)
  })
})
