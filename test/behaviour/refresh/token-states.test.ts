import { describe, expect, test, vi } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createDeferred, type Deferred } from '../../support/deferred.ts'
import { createStage, forms, outcomeOf, refusal, type Stage } from '../../support/stage.ts'

/** What becomes of a request, at once. `start` says whether it begins a refresh; `tokens` of which state it is sent with. */
type Cell =
  | 'send'
  | 'send, start'
  | 'start, wait'
  | 'start, wait; if unavailable: send'
  | 'wait'
  | 'wait; if unavailable: send'
  | 'unavailable'

interface Scene {
  readonly stage: Stage
  /** Refreshes under way, oldest first. */
  readonly refreshes: Deferred<SessionInput | null>[]
}

interface Row {
  readonly token: string
  readonly flight: string
  readonly arrange: (scene: Scene) => Promise<unknown>
  readonly ordinary: Cell
  readonly stream: Cell
}

// 120 s of life, and 22.5 s of leeway at the clock's 0.5: due from 97.5 s on.
const [dueMs, expiredMs] = [100_000, 121_000]
const hide = (page: object) => vi.stubGlobal('document', page)

const startFlight = async ({ stage }: Scene) => {
  stage.client.session.refresh().catch(() => {})
  await stage.clock.settle()
}
/** A refresh fails, and the backoff it causes outlasts what follows. */
const backOff = async (scene: Scene) => {
  await startFlight(scene)
  scene.refreshes
    .shift()
    ?.reject(Object.assign(new Error('busy'), { status: 503, headers: new Headers({ 'retry-after': '60' }) }))
  await scene.stage.clock.settle()
}
/** Ten refreshes at once, which bring tokens of eight seconds. */
const tripBreaker = async (scene: Scene, refreshes = 10) => {
  for (let index = 0; index < refreshes; index += 1) {
    await startFlight(scene)
    scene.refreshes.shift()?.resolve(scene.stage.issue({ expiresInSeconds: 8 }))
    await scene.stage.clock.settle()
  }
}

const rows: readonly Row[] = [
  { token: 'good', flight: 'none', arrange: async () => {}, ordinary: 'send', stream: 'send' },
  { token: 'good', flight: 'running', arrange: startFlight, ordinary: 'send', stream: 'send' },
  {
    token: 'of unknown expiry',
    flight: 'none',
    arrange: async ({ stage }) => {
      await stage.signIn({ subject: 'alice', expiresInSeconds: null })
      await stage.clock.advance(86_400_000)
    },
    ordinary: 'send',
    stream: 'send',
  },
  {
    token: 'expiring',
    flight: 'none, visible',
    arrange: ({ stage }) => stage.clock.advance(dueMs),
    ordinary: 'send, start',
    stream: 'start, wait; if unavailable: send',
  },
  ...[
    { flight: 'none: hidden', page: { visibilityState: 'hidden' } },
    { flight: 'none: prerendering', page: { visibilityState: 'visible', prerendering: true } },
  ].map(
    ({ flight, page }): Row => ({
      token: 'expiring',
      flight,
      arrange: async ({ stage }) => {
        await stage.clock.advance(dueMs)
        hide(page)
      },
      ordinary: 'send',
      stream: 'send',
    }),
  ),
  {
    token: 'expiring',
    flight: 'none: backoff',
    arrange: async scene => {
      await scene.stage.clock.advance(dueMs - 5000)
      await backOff(scene)
      await scene.stage.clock.advance(5000)
    },
    ordinary: 'send',
    stream: 'send',
  },
  {
    token: 'expiring',
    flight: 'none: breaker',
    arrange: async scene => {
      await tripBreaker(scene)
      await scene.stage.clock.advance(7000)
    },
    ordinary: 'send',
    stream: 'send',
  },
  {
    token: 'expiring',
    flight: 'running',
    arrange: async scene => {
      await scene.stage.clock.advance(dueMs)
      await startFlight(scene)
    },
    ordinary: 'send',
    stream: 'wait; if unavailable: send',
  },
  {
    token: 'expired',
    flight: 'none',
    arrange: ({ stage }) => stage.clock.advance(expiredMs),
    ordinary: 'start, wait',
    stream: 'start, wait',
  },
  {
    token: 'expired',
    flight: 'none: hidden',
    arrange: async ({ stage }) => {
      await stage.clock.advance(expiredMs)
      hide({ visibilityState: 'hidden' })
    },
    ordinary: 'start, wait',
    stream: 'start, wait',
  },
  {
    token: 'expired',
    flight: 'running',
    arrange: async scene => {
      await scene.stage.clock.advance(dueMs)
      await startFlight(scene)
      await scene.stage.clock.advance(9000)
      scene.stage.clock.jumpWall(60_000)
    },
    ordinary: 'wait',
    stream: 'wait',
  },
  {
    token: 'expired',
    flight: 'running, as the tenth in 30 s',
    arrange: async scene => {
      await tripBreaker(scene, 9)
      await startFlight(scene)
      await scene.stage.clock.advance(9000)
    },
    ordinary: 'wait',
    stream: 'wait',
  },
  {
    token: 'expired',
    flight: 'backoff',
    arrange: async scene => {
      await scene.stage.clock.advance(dueMs)
      await backOff(scene)
      await scene.stage.clock.advance(expiredMs - dueMs)
    },
    ordinary: 'unavailable',
    stream: 'unavailable',
  },
  {
    token: 'expired',
    flight: 'breaker',
    arrange: async scene => {
      await tripBreaker(scene)
      await scene.stage.clock.advance(9000)
    },
    ordinary: 'unavailable',
    stream: 'unavailable',
  },
  {
    token: 'refused, while it was being renewed for its age',
    flight: 'running',
    arrange: async scene => {
      const { stage } = scene
      await stage.clock.advance(dueMs)
      await startFlight(scene)
      stage.answer(({ path }) => (path === '/refused' ? refusal() : new Response('fine')))
      stage.client.fetch('https://api.test/refused').catch(() => {})
      await stage.clock.settle()
    },
    ordinary: 'wait',
    stream: 'wait',
  },
  ...[
    { by: '', beforeMs: 0 },
    { by: ', and due by time', beforeMs: dueMs },
    { by: ', and expired by time', beforeMs: expiredMs },
  ].map(
    ({ by, beforeMs }): Row => ({
      token: `refused${by}`,
      flight: 'running',
      arrange: async ({ stage }) => {
        const answer = createDeferred<Response>()
        stage.answer(({ path }) => (path === '/refused' ? answer.promise : new Response('fine')))
        stage.client.fetch('https://api.test/refused').catch(() => {})
        await stage.clock.settle()
        await stage.clock.advance(beforeMs)
        answer.resolve(refusal())
        await stage.clock.settle()
      },
      ordinary: 'wait',
      stream: 'wait',
    }),
  ),
]

const kinds = ['ordinary', 'keepalive', 'stream'] as const
/** Keepalive requests never wait: their column is the same in every row. */
const cellOf = (row: Row, kind: (typeof kinds)[number]): Cell => (kind === 'keepalive' ? 'send' : row[kind])

const initOf = (kind: (typeof kinds)[number]): RequestInit & { readonly stream?: ReadableStream } => {
  if (kind === 'keepalive') return { keepalive: true }
  if (kind === 'ordinary') return {}
  return { method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' } as RequestInit
}

const createScene = async (): Promise<Scene> => {
  const stage = createStage({ lifetimeSeconds: 120 })
  const refreshes: Scene['refreshes'] = []
  stage.answer(() => new Response('fine'))
  stage.refresh(() => {
    const refresh = createDeferred<SessionInput | null>()
    refreshes.push(refresh)
    return refresh.promise
  })
  await stage.signIn({ subject: 'alice' })
  await stage.client.fetch('https://api.test/first')
  return { stage, refreshes }
}

describe.each(forms)('promise 3, RT-03: the table of token states, by %s', (_form, send) => {
  describe.each(rows)('a token that is $token, a flight that is $flight', row => {
    test.each(kinds)(`%s`, async kind => {
      const cell = cellOf(row, kind)
      const scene = await createScene()
      const { stage, refreshes } = scene
      await row.arrange(scene)
      const current = `access-${stage.client.session.getSnapshot().generation + 1}`
      const [begun, underWay] = [stage.refreshes.length, refreshes.length]
      const init = initOf(kind)
      const failed = vi.fn()
      stage.client.session.on('refresh-failed', failed)
      const answer = send(stage.client, '/asked', init)
      const outcome = await outcomeOf(answer, stage.clock)
      const sent = () => stage.sends.filter(({ path }) => path === '/asked').map(({ token }) => token)
      expect(stage.refreshes.length - begun).toBe(cell.includes('start') ? 1 : 0)
      if (cell.startsWith('send')) {
        expect(outcome).toMatchObject({ status: 200 })
        expect(sent()).toEqual([current])
        expect(failed).not.toHaveBeenCalled()
        return
      }
      expect(sent()).toEqual([])
      if (cell === 'unavailable') {
        expect(outcome).toMatchObject({ code: 'refresh-unavailable', status: null })
        expect((init.body as ReadableStream | undefined)?.locked ?? false).toBe(false)
        return
      }
      expect(outcome).toBe('pending')
      refreshes.at(underWay > 0 ? 0 : -1)?.resolve(stage.issue({ accessToken: 'newer' }))
      expect((await answer).status).toBe(200)
      expect(sent()).toEqual(['newer'])
    })

    test.each(kinds.filter(kind => cellOf(row, kind).includes('wait')))('%s, when the refresh fails', async kind => {
      const scene = await createScene()
      const { stage, refreshes } = scene
      await row.arrange(scene)
      const answer = send(stage.client, '/asked', initOf(kind))
      expect(await outcomeOf(answer, stage.clock)).toBe('pending')
      refreshes[0]?.reject(new Error('down'))
      const outcome = await outcomeOf(answer, stage.clock)
      const goesAnyway = cellOf(row, kind).endsWith('if unavailable: send')
      expect(outcome).toMatchObject(goesAnyway ? { status: 200 } : { code: 'refresh-unavailable' })
      expect(stage.sends.filter(({ path }) => path === '/asked').length).toBe(goesAnyway ? 1 : 0)
      expect(stage.client.session.status).toBe('signed-in')
    })
  })
})
