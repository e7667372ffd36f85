import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { explainUnauthorized } from '../../../src/explain.ts'
import type { RequestStep } from '../../../src/session/events.ts'
import { createDeferred } from '../../support/deferred.ts'
import { begin, pass, takeTimers } from '../../support/ky-timers.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import {
  createStage,
  forms,
  outcomeOf,
  refusal,
  type Stage,
  type StageOptions,
  stageOrigin,
} from '../../support/stage.ts'
import { stubChannel } from '../../support/test-channel.ts'

/** What a request's own steps say, without its address. */
const listen = ({ client }: Stage) => {
  const steps: RequestStep[] = []
  client.session.on('request', event => void steps.push(event))
  const short = () =>
    steps.map(event => {
      if (event.step === 'sent') return `sent ${event.credentials}`
      return event.step === 'waiting' ? `waiting for ${event.for}` : event.step
    })
  return { steps, short }
}

describe.each(forms)('the steps of a request, by %s', (_form, send) => {
  test.each([
    ['auth: false', { auth: false }],
    ['its own Authorization', { headers: { authorization: 'Basic mine' } }],
  ] as const)('that was sent without credentials (%s) and failed end with that', async (_, init) => {
    const stage = createStage()
    const { steps, short } = listen(stage)
    const lost = new TypeError('the network is gone')
    stage.answer(() => Promise.reject(lost))
    await expect(send(stage.client, '/x', init)).rejects.toThrow('the network is gone')
    expect(short()).toEqual(['sent none', 'failed'])
    expect(steps[1]).toMatchObject({ error: lost })
  })

  test('whose 401 rejects at once, without a wait, end with that', async () => {
    const stage = createStage({ limits: { patienceMs: 0 } })
    await stage.signIn()
    stage.refresh(() => Promise.reject(new Error('down')))
    stage.answer(() => refusal())
    await outcomeOf(send(stage.client, '/first'), stage.clock)
    const { steps, short } = listen(stage)
    const outcome = await outcomeOf(send(stage.client, '/second'), stage.clock)
    expect({ outcome, steps: short(), error: steps.at(-1) }).toMatchObject({
      outcome: { code: 'refresh-unavailable', reason: 'backing-off' },
      steps: ['sent attached', 'rejected', 'failed'],
      error: { error: outcome },
    })
  })

  test('in a cookie session say so', async () => {
    const stage = createStage({ strategy: { ambient: true } })
    await stage.client.session.signIn({ cookie: true, subject: 'alice' })
    stage.answer(() => new Response('fine'))
    const { short } = listen(stage)
    await send(stage.client, '/x')
    expect(short()).toEqual(['waiting for store', 'sent cookie', 'completed'])
  })

  test('say that it waits for the store', async () => {
    stubChannel()
    const store = createScriptedStore()
    const stage = createStage({ store })
    const { short } = listen(stage)
    const { reached, open } = store.hold('read')
    const sent = send(stage.client, '/x')
    await reached
    expect(short()).toEqual(['waiting for store'])
    open()
    await sent
    expect(short()).toEqual(['waiting for store', 'sent none', 'rejected', 'completed'])
  })
})

test.each([
  ['data:text/plain,content', 'data:'],
  ['blob:https://app.test/id', 'blob:https://app.test/id'],
  ['capacitor://localhost/assets/texts.json?key=1', 'capacitor://localhost/assets/texts.json'],
])(
  'the steps of a request to %s have the address %s: neither a body nor a query, and the scheme',
  async (url, shown) => {
    const stage = createStage()
    const { steps } = listen(stage)
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    onTestFinished(explainUnauthorized(stage.client))
    stage.answer(() => new Response())
    await stage.client.fetch(url)
    expect(steps.map(step => step.url)).toEqual([shown, shown])
    expect(reported).not.toHaveBeenCalled()
  },
)

describe('ky’s retries of one call', () => {
  beforeEach(takeTimers)

  test('share its id, and another call has another', async () => {
    const stage = createStage({ retry: 2 })
    await stage.signIn()
    const { steps } = listen(stage)
    let answers = 0
    stage.answer(() => {
      answers += 1
      return answers < 3 ? new Response('down', { status: 503 }) : new Response('fine')
    })
    const sent = begin(stage.client.get('a'))
    await pass(300)
    await pass(600)
    expect((await sent).status).toBe(200)
    await stage.client.get('b')
    await stage.client.fetch(`${stageOrigin}/c`)
    const idsOf = (path: string) => new Set(steps.filter(({ url }) => url.endsWith(path)).map(({ id }) => id))
    const ids = ['/a', '/b', '/c'].map(path => [...idsOf(path)])
    expect(ids.map(({ length }) => length)).toEqual([1, 1, 1])
    expect(new Set(ids.flat()).size).toBe(3)
  })
})

describe.each(forms)('a 401 that is returned because a limit was reached, by %s', (_form, send) => {
  const startStorm = async (options?: StageOptions) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const stage = createStage(options)
    await stage.signIn()
    stage.answer(() => refusal())
    const { steps } = listen(stage)
    const ask = async () => {
      await send(stage.client, '/bad?secret=1')
      const last = steps.at(-1)
      return last?.step === 'completed' ? [last.status, last.replayed, last.notRefreshed] : last
    }
    return { stage, ask, warn }
  }

  test('says so in its last step, and once on the console, with the route and no query', async () => {
    const { stage, ask, warn } = await startStorm()
    expect([await ask(), await ask()]).toEqual(Array(2).fill([401, true, null]))
    expect(warn).not.toHaveBeenCalled()
    expect([await ask(), await ask()]).toEqual(Array(2).fill([401, false, 'circuit-open']))
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^latchkey: .*`limits`.*GET https:\/\/api\.test\/bad$/)]])
    expect(stage.refreshes).toHaveLength(2)
  })

  test('is reported by each client once', async () => {
    for (const _ of [1, 2]) {
      const { ask, warn } = await startStorm()
      warn.mockClear()
      for (const _ of [1, 2, 3, 4]) await ask()
      expect(warn).toHaveBeenCalledTimes(1)
    }
  })

  test('a response that shouldRefresh treats as a 401 emits the same steps', async () => {
    const { stage, ask, warn } = await startStorm({ shouldRefresh: ({ status }) => status === 419 })
    stage.answer(() => new Response('', { status: 419 }))
    await ask()
    await ask()
    expect([await ask(), warn.mock.calls.length]).toEqual([[419, false, 'circuit-open'], 1])
  })
})

describe.each(forms)('a replay in a cookie session, by %s', (_form, send) => {
  test('carries nothing of the rejected token', async () => {
    const stage = createStage()
    await stage.signIn({ subject: 'alice' })
    const refused = createDeferred<Response>()
    stage.answer(({ token }) => (token === null ? new Response('fine') : refused.promise))
    const sent = send(stage.client, '/x')
    await stage.clock.settle()
    // Alice steps over to a session that a cookie carries.
    await stage.client.session.signIn({ cookie: true, subject: 'alice' })
    refused.resolve(refusal())
    expect((await sent).status).toBe(200)
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1', null])
  })
})
