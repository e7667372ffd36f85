import { onTestFinished } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import type { LoginRequiredEvent } from '../../src/login/login-notifier.ts'
import { type AuthServer, startAuthServer } from './auth-server.ts'
import type { AuthSettings } from './auth-settings.ts'
import { type ControlledClock, createControlledClock } from './clock.ts'
import { createTestWake, noLock } from './refresh-rig.ts'

export interface TimedClient {
  readonly client: RootClient
  readonly wake: ReturnType<typeof createTestWake>
  readonly logins: readonly LoginRequiredEvent[]
  /** How often a login was asked for, as soon as that is known. */
  askedForLogin(): Promise<number>
  get(path?: string): Promise<Response>
  /** `'unavailable'`, `'ended'` or the status. */
  outcome(path?: string): Promise<string>
}

export interface TimedWorld {
  readonly server: AuthServer
  readonly clock: ControlledClock
  /** Time goes on, half a second at once, until it is answered. */
  patiently<Answer>(answer: Promise<Answer>): Promise<Answer>
  /** Another client of the same server and the same clock; over one shared store they are tabs. */
  open(options?: ClientOptions): TimedClient
}

/** The real HTTP server, whose clients live by a clock of the test's: server and clients agree on what time it is. */
export const createTimedWorld = async (settings: Partial<AuthSettings> = {}): Promise<TimedWorld> => {
  const clock = createControlledClock()
  const server = await startAuthServer({ now: clock.wallMs, ...settings })
  onTestFinished(server.close)

  const open = (options: ClientOptions = {}): TimedClient => {
    const logins: LoginRequiredEvent[] = []
    const wake = createTestWake()
    const client = createClientOn(
      { clock, wake: wake.port, lock: noLock },
      {
        baseUrl: server.origin,
        retry: 0,
        refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
        onLoginRequired: event => void logins.push(event),
        ...options,
        // What becomes of a failure is seen at once; that hiccups are outlasted has its own tests (08b).
        limits: { patienceMs: 0, ...options.limits },
      },
    )
    onTestFinished(() => client.dispose())
    const get = (path = '/api/a') => client.fetch(server.origin + path)
    return {
      client,
      wake,
      logins,
      askedForLogin: async () => {
        await clock.advance(0)
        return logins.length
      },
      get,
      outcome: path =>
        get(path).then(
          async response => {
            await response.body?.cancel()
            return String(response.status)
          },
          (error: { readonly code?: string }) => error.code ?? String(error),
        ),
    }
  }
  const patiently = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    let isDone = false
    const done = () => {
      isDone = true
    }
    answer.then(done, done)
    while (!isDone) {
      await clock.advance(500)
      // The network is real, and takes real time.
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    return answer
  }
  return { server, clock, open, patiently }
}

/** Signed in as `subject`, by tokens that the server has just issued. */
export const signIn = ({ client }: TimedClient, server: AuthServer, subject = 'alice'): Promise<void> =>
  client.session.signIn({ ...server.issue(subject), subject })
