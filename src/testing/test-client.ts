import type { RootClient } from '../client/client.ts'
import { createClientOn } from '../client/create-client.ts'
import { registeredParts } from '../client/internals.ts'
import type { ClientOptions } from '../client/options.ts'
import { check } from '../errors.ts'
import { randomId } from '../platform/random-id.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { TokenResponse } from '../session/parse-tokens.ts'
import { memoryStore } from '../stores/memory.ts'
import { systemClock } from '../time/clock.ts'
import { createFakeServer, type FakeServer } from './fake-server.ts'

/**
 * - `'signed-in'`: with a good token
 * - `'expired'`: signed in, with a token that has expired: the first request waits for a refresh
 * - `'signed-out'`: no user is signed in
 * - `'unknown'`: as after a reload: signed in when `ready()` or the first request has read the store
 */
export type TestClientState = 'signed-in' | 'expired' | 'signed-out' | 'unknown'

export interface TestClientOptions<Claims extends object = JwtClaims> extends ClientOptions<Claims> {
  /** The signed-in user. @default the `sub` of `claims`, else 'alice' */
  readonly subject?: string | undefined
  /** The claims of the token. */
  readonly claims?: Partial<Claims> | undefined
  /** @default a new one. Where `fetch` is given, the server only issues the first tokens */
  readonly server?: FakeServer | undefined
}

export interface TestClient<Claims extends object = JwtClaims> extends RootClient<Claims> {
  readonly server: FakeServer
}

/**
 * Makes a client against a fake server, in a known state at once. It differs from `createClient` in what would make tests slow
 * or depend on each other: it does not retry (`retry: 0`, `limits.patienceMs: 0`), and each has a session name of its own.
 *
 * @default state 'signed-in'
 * @example
 * const api = createTestClient('signed-in', { claims: { name: 'Ann' } })
 */
export function createTestClient<Claims extends object = JwtClaims>(
  state: TestClientState = 'signed-in',
  options: TestClientOptions<Claims> = {},
): TestClient<Claims> {
  const states: readonly string[] = ['signed-in', 'expired', 'signed-out', 'unknown']
  check(states.includes(state), 'state', `write one of ${states.join(', ')}`)
  const settled = settle(options)
  if (state === 'unknown') {
    const { client } = openClient(settled)
    void client.session.signIn(issueFor(settled))
    client.dispose()
  }
  const { client, signInAgo } = openClient(settled)
  if (state === 'signed-in') void client.session.signIn(issueFor(settled))
  if (state === 'signed-out') registeredParts(client.session)?.session.applyEnd(null, null, randomId())
  if (state === 'expired') {
    const tokens = issueFor(settled)
    settled.server.expireAccessTokens()
    signInAgo(tokens, Number(tokens.expires_in) * 1000)
  }
  return client
}

/** What clients of one session have in common. */
export type SettledOptions<Claims extends object> = TestClientOptions<Claims> &
  Required<Pick<TestClientOptions<Claims>, 'server' | 'store' | 'sessionName'>> & { readonly server: FakeServer }

export function settle<Claims extends object>(options: TestClientOptions<Claims>): SettledOptions<Claims> {
  const { server = createFakeServer(), store = memoryStore(), sessionName = `test ${randomId()}` } = options
  return { ...options, server, store, sessionName }
}

export function issueFor<Claims extends object>({ server, subject, claims }: SettledOptions<Claims>): TokenResponse {
  const { sub = 'alice', ...named } = (claims ?? {}) as JwtClaims
  return server.issue(subject ?? sub, named)
}

/** A client without a user, and a function that signs in with tokens of a given age. */
export function openClient<Claims extends object>(settled: SettledOptions<Claims>) {
  const { server, subject: _, claims: __, ...options } = settled
  let agoMs = 0
  const clock = {
    ...systemClock,
    wallMs: () => systemClock.wallMs() - agoMs,
    monotonicMs: () => systemClock.monotonicMs() - agoMs,
  }
  const client: TestClient<Claims> = Object.assign(
    createClientOn<Claims>(
      { clock },
      {
        baseUrl: `${server.origin}/`,
        fetch: server.fetch,
        refresh: server.refresh,
        retry: 0,
        ...options,
        limits: { patienceMs: 0, ...options.limits },
      },
    ),
    { server },
  )
  return {
    client,
    signInAgo(tokens: TokenResponse, ms: number) {
      agoMs = ms
      void client.session.signIn(tokens)
      agoMs = 0
    },
  }
}
