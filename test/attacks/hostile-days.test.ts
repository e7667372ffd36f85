import { cookieRefresh, cookieSession, memoryStore } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { shellRefresh } from 'latchkey/webview'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import { type ControlledClock, createControlledClock } from '../support/clock.ts'

/** Between two requests of the page. A request each ten seconds by `ATTACK_SECONDS=10 npx vitest run … hostile-days`. */
const everySeconds = Number(process.env['ATTACK_SECONDS'] ?? 300)
const daySeconds = 24 * 3600

interface World {
  readonly clock: ControlledClock
  readonly client: RootClient
  /** What the page has cost: requests to the API, new tokens or sessions, and dialogs. */
  readonly counts: { api: number; refreshes: number; dialogs: number }
}

const grant = (count: number) => ({ access_token: `access-${count}`, refresh_token: `refresh-${count}`, sub: 'alice' })
const cookie = { url: '/session', signOutUrl: '/logout' }

/** How the page gets its tokens. Each strategy counts where it asks: at `/session`, or in the shell. */
const modes: Readonly<Record<string, (counts: World['counts']) => Partial<ClientOptions>>> = {
  'a function': () => ({ refresh: ({ refreshToken, post }) => post('/session', { refreshToken }) }),
  OAuth: () => ({ refresh: oauthRefresh({ tokenEndpoint: 'https://api.test/session', clientId: 'spa' }) }),
  DPoP: () => ({
    scheme: dpop(),
    refresh: oauthRefresh({ tokenEndpoint: 'https://api.test/session', clientId: 'spa' }),
  }),
  'a cookie that brings tokens': () => ({ refresh: cookieRefresh(cookie) }),
  'a backend for the frontend': () => ({ refresh: cookieSession({ ...cookie, method: 'GET' }) }),
  'a native shell': counts => ({
    refresh: shellRefresh({
      bridge: {
        send: async () => {
          counts.refreshes += 1
          return {
            latchkey: 1,
            status: 'signed-in',
            session: { accessToken: `a${counts.refreshes}`, subject: 'alice' },
          }
        },
      },
    }),
  }),
}

async function start(mode: string, respond: () => Response): Promise<World> {
  const clock = createControlledClock()
  const counts = { api: 0, refreshes: 0, dialogs: 0 }
  const network: typeof fetch = async input => {
    const { pathname } = new URL(input instanceof Request ? input.url : String(input), 'https://api.test')
    if (pathname !== '/session') {
      counts.api += 1
      return respond()
    }
    counts.refreshes += 1
    const tokenType = mode === 'DPoP' ? 'DPoP' : 'Bearer'
    return Response.json({ ...grant(counts.refreshes), subject: 'alice', token_type: tokenType })
  }
  const login = () =>
    mode === 'a backend for the frontend'
      ? ({ cookie: true, subject: 'alice' } as const)
      : { accessToken: 'first', refreshToken: 'r', subject: 'alice' }
  const options: ClientOptions = {
    baseUrl: 'https://api.test',
    retry: 0,
    store: memoryStore(),
    fetch: network,
    limits: { patienceMs: 0 },
    reauthenticate: async () => {
      counts.dialogs += 1
      return login()
    },
    ...modes[mode]?.(counts),
  }
  const wake = { onWake: () => () => {}, onSleep: () => () => {} }
  const client = createClientOn({ clock, wake }, options)
  onTestFinished(client.dispose)
  if (options.scheme && mode === 'DPoP') await loginProof(options.scheme, { url: 'https://api.test/login' })
  await client.session.signIn(login())
  counts.refreshes = 0
  return { clock, client, counts }
}

/** A day in which the page makes requests to one route all the time. */
async function liveADay({ clock, client }: World): Promise<Readonly<Record<string, number>>> {
  const outcomes: Record<string, number> = {}
  for (let second = 0; second < daySeconds; second += everySeconds) {
    const outcome = await client.fetch('https://api.test/x').then(
      ({ status }) => String(status),
      (error: { readonly code?: string }) => error.code ?? String(error),
    )
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    await clock.advance(everySeconds * 1000)
  }
  return outcomes
}

const requests = daySeconds / everySeconds
const refusal = (status: number, challenge: string) => () =>
  new Response('', { status, headers: { 'www-authenticate': challenge } })

// It says once that refreshed tokens are rejected, too.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))

describe.each(Object.keys(modes))('a day at an API, with tokens from %s, that', mode => {
  const timeout = 60_000 + requests * 20

  test('rejects every token costs a refresh each quarter of an hour, and signs nobody out', { timeout }, async () => {
    const world = await start(mode, refusal(401, 'Bearer error="invalid_token"'))
    expect(await liveADay(world)).toEqual({ 401: requests })
    const { api, refreshes, dialogs } = world.counts
    // Two that did not help, six pauses that double, and then one each quarter of an hour.
    expect(refreshes).toBeLessThanOrEqual(2 + 6 + 24 * 4)
    expect(refreshes).toBeGreaterThan(2)
    expect([api <= 2 * requests, dialogs, world.client.session.status]).toEqual([true, 0, 'signed-in'])
  })

  test('says 403 to everything costs no refresh and no dialog', { timeout }, async () => {
    const world = await start(mode, refusal(403, 'Bearer error="invalid_token"'))
    expect(await liveADay(world)).toEqual({ 403: requests })
    expect(world.counts).toEqual({ api: requests, refreshes: 0, dialogs: 0 })
    expect(world.client.session.status).toBe('signed-in')
  })

  test('wants a step-up each time asks the user once a request at most, and ends nothing', { timeout }, async () => {
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="0"'
    const world = await start(mode, refusal(401, challenge))
    expect(Object.keys(await liveADay(world))).toEqual(['401'])
    expect(world.counts.dialogs).toBeGreaterThan(0)
    expect(world.counts.dialogs).toBeLessThanOrEqual(requests)
    expect(world.counts.refreshes).toBe(0)
    expect(world.counts.api).toBeLessThanOrEqual(2 * requests)
    expect(world.client.session.status).toBe('signed-in')
  })
})
