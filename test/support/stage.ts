import { onTestFinished } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import type { LoginRequiredEvent } from '../../src/login/login-notifier.ts'
import type { RefreshContext, RefreshStrategy } from '../../src/refresh/strategy.ts'
import type { SessionInput, Tokens } from '../../src/session/parse-tokens.ts'
import { type ControlledClock, createControlledClock } from './clock.ts'

/** One request that reached the stage's API. */
export interface StagedSend {
  readonly method: string
  readonly path: string
  /** `null`: it came bare. */
  readonly token: string | null
}

export type StagedApi = (send: StagedSend, request: Request) => Response | Promise<Response>
export type StagedRefresh = (context: RefreshContext) => Promise<SessionInput | null>

export interface Stage {
  readonly clock: ControlledClock
  readonly client: RootClient
  readonly sends: readonly StagedSend[]
  readonly refreshes: readonly RefreshContext[]
  readonly logins: readonly LoginRequiredEvent[]
  /** Another pair; by default the API takes the newest access token only. */
  issue(more?: Partial<Tokens>): Tokens
  /** Signs in with a pair just issued. */
  signIn(more?: Partial<Tokens>): Promise<void>
  /** The API takes none of the tokens issued so far. */
  refuseAll(): void
  /** What the API does from now on; `undefined`: as by default. */
  answer(api: StagedApi | undefined): void
  /** What the refresh does from now on; `undefined`: issues the next pair. */
  refresh(refresh: StagedRefresh | undefined): void
  /** The page is visible, online or thawed again. */
  wake(): void
  /** How many want to know of that. */
  wakeListeners(): number
}

export interface StageOptions extends Omit<ClientOptions, 'refresh' | 'fetch'> {
  readonly clock?: ControlledClock
  /** Of what {@link Stage.issue} issues. @default left out: only a 401 tells */
  readonly lifetimeSeconds?: number
  readonly strategy?: Omit<RefreshStrategy, 'refresh'>
}

export const stageOrigin = 'https://api.test'

export const refusal = (challenge = 'Bearer error="invalid_token"') =>
  new Response('refused', { status: 401, headers: { 'www-authenticate': challenge } })

/** A client whose clock, network and token endpoint the test holds in its hands: nothing moves but what the test moves. */
export const createStage = ({
  clock = createControlledClock(),
  lifetimeSeconds,
  strategy,
  ...options
}: StageOptions = {}): Stage => {
  const sends: StagedSend[] = []
  const refreshes: RefreshContext[] = []
  const logins: LoginRequiredEvent[] = []
  const wakings = new Set<() => void>()
  let issued = 0
  let good: string | undefined
  let api: StagedApi | undefined
  let refresh: StagedRefresh | undefined

  const issue: Stage['issue'] = more => {
    issued += 1
    good = `access-${issued}`
    return { accessToken: good, refreshToken: `refresh-${issued}`, expiresInSeconds: lifetimeSeconds, ...more }
  }
  const network: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? null
    const send = { method: request.method, path: new URL(request.url).pathname, token }
    sends.push(send)
    if (api) return api(send, request)
    return token !== null && token === good ? new Response('fine') : refusal(token === null ? 'Bearer' : undefined)
  }
  const client = createClientOn(
    {
      clock,
      wake: {
        onWake: woken => {
          wakings.add(woken)
          return () => wakings.delete(woken)
        },
        onSleep: () => () => {},
      },
    },
    {
      baseUrl: stageOrigin,
      retry: 0,
      onLoginRequired: event => void logins.push(event),
      ...options,
      // What becomes of a failure is seen at once; that hiccups are outlasted has its own tests (08b).
      limits: { patienceMs: 0, ...options.limits },
      fetch: network,
      refresh: {
        ...strategy,
        refresh: context => {
          refreshes.push(context)
          return refresh ? refresh(context) : Promise.resolve(issue())
        },
      },
    },
  )
  onTestFinished(() => client.dispose())
  return {
    clock,
    client,
    sends,
    refreshes,
    logins,
    issue,
    signIn: more => client.session.signIn(issue(more)),
    refuseAll: () => {
      good = undefined
    },
    answer: next => {
      api = next
    },
    refresh: next => {
      refresh = next
    },
    wake: () => {
      for (const woken of [...wakings]) woken()
    },
    wakeListeners: () => wakings.size,
  }
}

type Send = (
  client: RootClient,
  path: string,
  init?: RequestInit & { readonly auth?: boolean | 'optional' },
) => Promise<Response>

/** The two ways to ask: `client.fetch`, and ky's. Both resolve with whatever status there was. */
export const forms: readonly (readonly [name: string, send: Send])[] = [
  ['fetch', (client, path, init) => client.fetch(new URL(path, stageOrigin), init)],
  [
    'ky',
    (client, path, init) =>
      client(new URL(path, stageOrigin), { ...(init as object), throwHttpErrors: false, retry: 0, timeout: false }),
  ],
]

/** How a promise stands once everything has run that can. */
export const outcomeOf = async <Value>(
  promise: Promise<Value>,
  clock: ControlledClock,
): Promise<Value | 'pending' | Error> => {
  let outcome: Value | 'pending' | Error = 'pending'
  promise.then(
    value => {
      outcome = value
    },
    (error: Error) => {
      outcome = error
    },
  )
  await clock.settle()
  return outcome
}
