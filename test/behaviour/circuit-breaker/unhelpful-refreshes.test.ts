import { describe, expect, test } from 'vitest'
import { createStage, forms, type Stage, type StageOptions } from '../../support/stage.ts'

const start = async (isBad: (path: string) => boolean, options: StageOptions = {}): Promise<Stage> => {
  const stage = createStage(options)
  await stage.signIn({ subject: 'alice' })
  refuse(stage, isBad)
  return stage
}
/** The API answers 401 there, whatever the token; elsewhere it takes any. */
const refuse = (stage: Stage, isBad: (path: string) => boolean) =>
  stage.answer(({ path }) => new Response(path, { status: isBad(path) ? 401 : 200 }))

/** Refreshes that one request caused, and what it was answered. */
const ask = async (stage: Stage, path: string, init: RequestInit = {}) => {
  const before = stage.refreshes.length
  const { status } = await stage.client.fetch(`https://api.test${path}`, init)
  return [status, stage.refreshes.length - before]
}
const refusedWith = [401, 1]
const handedOver = [401, 0]
const second = 1000

describe('promise 5: a route whose refreshes are unhelpful', () => {
  const isBad = (path: string) => path === '/bad'

  test.each(forms)(
    'called by %s: after two in a row it starts none for 30 s; its 401s are returned',
    async (_form, send) => {
      const stage = await start(isBad)
      for (const refreshes of [1, 2, 2, 2]) {
        const answer = await send(stage.client, '/bad')
        expect([answer.status, await answer.text(), stage.refreshes.length]).toEqual([401, '/bad', refreshes])
      }
      await stage.clock.advance(30 * second - 1)
      expect(await ask(stage, '/bad')).toEqual(handedOver)
      await stage.clock.advance(1)
      expect(await ask(stage, '/bad')).toEqual(refusedWith)
    },
  )

  test('the pause doubles up to a quarter of an hour, and no further', async () => {
    const stage = await start(isBad)
    await ask(stage, '/bad')
    for (const pauseSeconds of [30, 60, 120, 240, 480, 900, 900, 900]) {
      expect(await ask(stage, '/bad')).toEqual(refusedWith)
      await stage.clock.advance(pauseSeconds * second - 1)
      expect(await ask(stage, '/bad')).toEqual(handedOver)
      await stage.clock.advance(1)
    }
  })

  test.each([200, 404, 403, 500])('a %i from it clears its count, and the doubling with it', async status => {
    const stage = await start(isBad)
    for (const _ of [1, 2]) await ask(stage, '/bad')
    await stage.clock.advance(30 * second)
    expect(await ask(stage, '/bad')).toEqual(refusedWith)
    stage.answer(() => new Response('', { status }))
    expect(await ask(stage, '/bad')).toEqual([status, 0])
    refuse(stage, isBad)
    expect([await ask(stage, '/bad'), await ask(stage, '/bad'), await ask(stage, '/bad')]).toEqual([
      refusedWith,
      refusedWith,
      handedOver,
    ])
    await stage.clock.advance(30 * second)
    expect(await ask(stage, '/bad')).toEqual(refusedWith)
  })

  test('two that are not in a row do not count', async () => {
    const stage = await start(isBad)
    for (const _ of [1, 2, 3, 4]) {
      refuse(stage, isBad)
      expect(await ask(stage, '/bad')).toEqual(refusedWith)
      refuse(stage, () => false)
      expect(await ask(stage, '/bad')).toEqual([200, 0])
    }
  })

  test('a hundred requests that shared a refresh count it once', async () => {
    const stage = await start(isBad)
    const storm = () => Promise.all(Array.from({ length: 100 }, () => stage.client.fetch('https://api.test/bad')))
    for (const refreshes of [1, 2, 2]) {
      await storm()
      expect(stage.refreshes.length).toBe(refreshes)
    }
  })

  test('a route is its method, origin and path: the query is not of it, others go on', async () => {
    const stage = await start(path => path.startsWith('/bad'))
    for (const query of ['?a=1', '?a=2']) expect(await ask(stage, `/bad${query}`)).toEqual(refusedWith)
    expect(await ask(stage, '/bad?a=3')).toEqual(handedOver)
    expect(await ask(stage, '/bad', { method: 'POST' })).toEqual(refusedWith)
    expect(await ask(stage, '/bad/other')).toEqual(refusedWith)
  })

  test('it does not keep a good route from the refresh that it needs', async () => {
    const stage = await start(isBad)
    for (const _ of [1, 2]) await ask(stage, '/bad')
    stage.answer(({ path, token }) => new Response('', { status: path === '/bad' || token === 'access-3' ? 401 : 200 }))
    expect(await ask(stage, '/bad')).toEqual(handedOver)
    expect(await ask(stage, '/good')).toEqual([200, 1])
  })

  test('a response that shouldRefresh treats as a 401 counts in the same way', async () => {
    const stage = createStage({ shouldRefresh: ({ status }) => status === 419 || undefined })
    await stage.signIn()
    stage.answer(() => new Response('', { status: 419 }))
    expect([await ask(stage, '/bad'), await ask(stage, '/bad'), await ask(stage, '/bad')]).toEqual([
      [419, 1],
      [419, 1],
      [419, 0],
    ])
  })

  test.each([0, 302])(
    'a redirect to a login that shouldRefresh treats as a 401 counts, too (status %i)',
    async status => {
      const stage = createStage({ shouldRefresh: answer => answer.status === status })
      await stage.signIn()
      const type = status === 0 ? 'opaqueredirect' : 'basic'
      stage.answer(() => Object.defineProperties(new Response(), { status: { value: status }, type: { value: type } }))
      expect([await ask(stage, '/bad'), await ask(stage, '/bad'), await ask(stage, '/bad')]).toEqual([
        [status, 1],
        [status, 1],
        [status, 0],
      ])
    },
  )

  test('a 200 that shouldRefresh never finds good causes ten refreshes in 30 s at most', async () => {
    const stage = createStage({ shouldRefresh: async answer => (await answer.json())?.code === 'expired' })
    await stage.signIn()
    stage.answer(() => Response.json({ code: 'expired' }))
    for (let request = 0; request < 20; request += 1) expect((await ask(stage, '/graphql'))[0]).toBe(200)
    expect(stage.refreshes).toHaveLength(10)
  })

  test('a 200 that shouldRefresh finds good after a refresh causes as many refreshes as tokens expire', async () => {
    const stage = createStage({ shouldRefresh: async answer => (await answer.json())?.code === 'expired' })
    await stage.signIn()
    for (let expiries = 1; expiries <= 15; expiries += 1) {
      stage.answer(({ token }) => Response.json({ code: token === `access-${expiries}` ? 'expired' : 'fine' }))
      expect(await ask(stage, '/graphql')).toEqual([200, 1])
      expect(await ask(stage, '/graphql')).toEqual([200, 0])
    }
  })

  test('a late 401 that is replayed without a refresh and rejected again does not count as an unhelpful refresh', async () => {
    const stage = await start(isBad)
    for (const _ of [1, 2, 3]) {
      let release = (_answer: Response) => {}
      const held = new Promise<Response>(resolve => {
        release = resolve
      })
      const [{ generation }, { length }] = [stage.client.session.getSnapshot(), stage.sends]
      stage.answer(() => (stage.sends.length === length + 1 ? held : new Response('', { status: 401 })))
      const late = stage.client.fetch('https://api.test/bad')
      await stage.clock.settle()
      await stage.client.session.refresh()
      release(new Response('', { status: 401 }))
      expect((await late).status).toBe(401)
      expect(stage.client.session.getSnapshot().generation).toBe(generation + 1)
    }
    refuse(stage, isBad)
    expect(await ask(stage, '/bad')).toEqual(refusedWith)
  })

  test.each([-86_400_000, 86_400_000, -3600 * second])(
    'a clock that jumps by %i ms meanwhile pauses nothing for longer',
    async ms => {
      const stage = await start(isBad)
      for (const _ of [1, 2]) await ask(stage, '/bad')
      stage.clock.jumpWall(ms)
      expect(await ask(stage, '/bad')).toEqual(refusedWith)
    },
  )

  test('a clock that jumps back by minutes does not stretch a pause of seconds', async () => {
    const stage = await start(isBad)
    for (const _ of [1, 2]) await ask(stage, '/bad')
    stage.clock.jumpWall(-600 * second)
    await stage.clock.advance(30 * second)
    expect(await ask(stage, '/bad')).toEqual(refusedWith)
  })
})

describe('promise 5: over all routes', () => {
  let lastPath = 0
  const bad = () => `/bad/${++lastPath}`
  const isBad = (path: string) => path.startsWith('/bad')

  test('five unhelpful refreshes in 30 s, and 401s cause none for 30 s from the last', async () => {
    const stage = await start(isBad)
    for (const _ of [1, 2, 3, 4, 5]) {
      expect(await ask(stage, bad())).toEqual(refusedWith)
      await stage.clock.advance(7 * second)
    }
    expect(await ask(stage, bad())).toEqual(handedOver)
    await stage.clock.advance(23 * second - 1)
    expect(await ask(stage, bad())).toEqual(handedOver)
    await stage.clock.advance(1)
    expect(await ask(stage, bad())).toEqual(refusedWith)
  })

  test('five that are spread over 30 s stop nothing', async () => {
    const stage = await start(isBad)
    for (let index = 0; index < 50; index += 1) {
      expect(await ask(stage, bad())).toEqual(refusedWith)
      await stage.clock.advance(7.5 * second)
    }
  })

  test('a refresh that was useful to one request is not unhelpful, although it was not to another', async () => {
    const stage = await start(isBad)
    const refuseAlso = (token: string | null) =>
      stage.answer(send => new Response('', { status: isBad(send.path) || send.token === token ? 401 : 200 }))
    for (let index = 0; index < 7; index += 1) {
      refuseAlso(await stage.client.session.getAccessToken())
      const answers = [bad(), '/good'].map(path => stage.client.fetch(`https://api.test${path}`))
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 200])
      expect(stage.refreshes.length).toBe(index + 1)
    }
  })

  test('a token past its expiry is renewed all the same', async () => {
    const stage = await start(isBad, { lifetimeSeconds: 8 })
    for (const _ of [1, 2, 3, 4, 5]) expect(await ask(stage, bad())).toEqual(refusedWith)
    expect(await ask(stage, bad())).toEqual(handedOver)
    await stage.clock.advance(9 * second)
    expect(await ask(stage, '/good')).toEqual([200, 1])
  })

  test('both numbers can be set', async () => {
    const stage = await start(isBad, { limits: { unhelpfulRefreshes: 2, unhelpfulWindowMs: 5000 } })
    for (const _ of [1, 2]) expect(await ask(stage, bad())).toEqual(refusedWith)
    expect(await ask(stage, bad())).toEqual(handedOver)
    await stage.clock.advance(5000)
    expect(await ask(stage, bad())).toEqual(refusedWith)
  })
})
