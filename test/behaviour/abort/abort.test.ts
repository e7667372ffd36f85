import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { createDeferred, type Deferred } from '../../support/deferred.ts'
import {
  createStage,
  forms,
  outcomeOf,
  refusal,
  type Stage,
  type StageOptions,
  stageOrigin,
} from '../../support/stage.ts'

const stepUpChallenge = 'Bearer error="insufficient_user_authentication", acr_values="high"'

interface Place {
  readonly options?: (gate: Deferred<null>) => StageOptions
  /** Makes the next request wait there until the gate is opened. */
  readonly arrange: (stage: Stage, gate: Deferred<null>) => Promise<unknown> | undefined
  readonly init?: () => object
  /** How often the request was sent when it waits. */
  readonly sends: number
  /** How many refreshes have begun in the end. */
  readonly refreshes: number
}

const holdRefresh = (stage: Stage, gate: Deferred<null>) =>
  stage.refresh(async () => {
    await gate.promise
    return stage.issue()
  })
const streamInit = () => ({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' })

const places: Readonly<Record<string, Place>> = {
  'for the refresh after its 401': {
    arrange: async (stage, gate) => {
      await stage.signIn()
      stage.refuseAll()
      holdRefresh(stage, gate)
    },
    sends: 1,
    refreshes: 1,
  },
  'for the refresh of an expired token': {
    options: () => ({ lifetimeSeconds: 100 }),
    arrange: async (stage, gate) => {
      await stage.signIn()
      await stage.clock.advance(200_000)
      holdRefresh(stage, gate)
    },
    sends: 0,
    refreshes: 1,
  },
  'for the browser to be online': {
    options: () => ({ whenOffline: 'wait' }),
    arrange: async stage => {
      await stage.signIn()
      stage.refuseAll()
      vi.stubGlobal('navigator', { onLine: false })
      stage.refresh(() => Promise.reject(new TypeError('Failed to fetch')))
    },
    sends: 1,
    refreshes: 1,
  },
  'with a stream for the refresh of a due token': {
    options: () => ({ lifetimeSeconds: 100 }),
    arrange: async (stage, gate) => {
      await stage.signIn()
      await stage.clock.advance(90_000)
      holdRefresh(stage, gate)
    },
    init: streamInit,
    sends: 0,
    refreshes: 1,
  },
  'for the first refresh of an ambient strategy': {
    options: () => ({ strategy: { ambient: true } }),
    arrange: async (stage, gate) => holdRefresh(stage, gate),
    sends: 0,
    refreshes: 1,
  },
  'for the store to be read': {
    options: gate => ({ store: { getItem: () => gate.promise, setItem: () => {} } }),
    arrange: async () => {},
    sends: 0,
    refreshes: 0,
  },
  'for the dialog after a refused refresh': {
    options: gate => ({ reauthenticate: () => gate.promise }),
    arrange: async stage => {
      await stage.signIn()
      stage.refuseAll()
      stage.refresh(async () => null)
    },
    sends: 1,
    refreshes: 1,
  },
  'for the dialog, with nobody signed in': {
    options: gate => ({ reauthenticate: () => gate.promise }),
    arrange: async () => {},
    sends: 1,
    refreshes: 0,
  },
  'for a step-up': {
    options: gate => ({ reauthenticate: () => gate.promise }),
    arrange: async stage => {
      await stage.signIn()
      stage.answer(() => refusal(stepUpChallenge))
    },
    sends: 1,
    refreshes: 0,
  },
  'for its body to be made again': {
    arrange: async stage => {
      await stage.signIn()
      stage.refuseAll()
    },
    init: () => ({ ...streamInit(), replay: () => new Promise(() => {}) }),
    sends: 1,
    refreshes: 1,
  },
}

describe.each(Object.entries(places))('a request that waits %s', (_, place) => {
  const start = async () => {
    const gate = createDeferred<null>()
    const stage = createStage(place.options?.(gate))
    await place.arrange(stage, gate)
    return { stage, gate }
  }

  test.each(forms)(
    'rejects at once with the reason of its signal, and is not sent later: %s (RT-04)',
    async (_, send) => {
      const { stage, gate } = await start()
      const controller = new AbortController()
      const answer = send(stage.client, '/aborted', { ...place.init?.(), signal: controller.signal })
      expect(await outcomeOf(answer, stage.clock)).toBe('pending')
      expect(stage.sends).toHaveLength(place.sends)
      const reason = new Error('the page was left')
      controller.abort(reason)
      expect(await outcomeOf(answer, stage.clock)).toBe(reason)
      gate.resolve(null)
      await stage.clock.settle()
      expect(stage.sends).toHaveLength(place.sends)
      expect(stage.refreshes).toHaveLength(place.refreshes)
    },
  )

  test.each([null, 0, 'left'])('rejects with its reason, whatever that is: %s (RT-04)', async reason => {
    const { stage } = await start()
    const controller = new AbortController()
    const answer = stage.client.fetch(`${stageOrigin}/aborted`, { ...place.init?.(), signal: controller.signal })
    await outcomeOf(answer, stage.clock)
    controller.abort(reason)
    expect(
      await outcomeOf(
        answer.then(
          () => 'sent',
          (error: unknown) => [error],
        ),
        stage.clock,
      ),
    ).toEqual([reason])
  })

  test('leaves no listener behind on a long-lived signal (FE-08)', async () => {
    const { stage, gate } = await start()
    const { signal } = new AbortController()
    // A network that looks at no signal: what is counted is ours. The page's, since for an app's own a Request is made.
    vi.stubGlobal('fetch', async () => new Response('fine'))
    const answer =
      place.sends === 0
        ? stage.client.extend({ fetch: globalThis.fetch }).fetch(`${stageOrigin}/a`, { ...place.init?.(), signal })
        : undefined
    answer?.catch(() => {})
    await stage.clock.settle()
    expect(getEventListeners(signal, 'abort')).toHaveLength(answer ? 1 : 0)
    gate.resolve(null)
    await stage.clock.settle()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

test.each(forms)('a request on the network rejects with the reason of its signal: %s', async (_, send) => {
  const stage = createStage()
  await stage.signIn()
  stage.answer(
    (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const controller = new AbortController()
  const answer = send(stage.client, '/a', { signal: controller.signal })
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  const reason = new Error('the page was left')
  controller.abort(reason)
  expect(await outcomeOf(answer, stage.clock)).toBe(reason)
})

test.each(forms)('a request whose signal is already aborted is not sent and starts no refresh: %s', async (_, send) => {
  const stage = createStage({ lifetimeSeconds: 100 })
  await stage.signIn()
  await stage.client.fetch(`${stageOrigin}/before`)
  await stage.clock.advance(200_000)
  const reason = new Error('too late')
  const answer = send(stage.client, '/a', { signal: AbortSignal.abort(reason) })
  expect(await outcomeOf(answer, stage.clock)).toBe(reason)
  expect([stage.sends.length, stage.refreshes.length]).toEqual([1, 0])
})
