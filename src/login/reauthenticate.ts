import type { EndReason, StepUpRequirement } from '../errors.ts'
import { createAbort } from '../platform/abort.ts'
import type { Clock } from '../platform/clock.ts'
import { isHidden } from '../platform/page.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { Asking, LoginPort } from '../request/spine-ports.ts'
import { hasSame, type JwtClaims } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import type { SessionCore } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import type { SessionInput } from '../session/token-set.ts'
import type { LoginReason, LoginTeller } from './login-required.ts'

export type ReauthenticateContext<Claims extends object = JwtClaims> = LoginContext<Claims> | StepUpContext<Claims>

interface AnyContext<Claims extends object> {
  /** Sign in as this one, or the waiting requests are rejected; `null` if nobody was signed in. */
  readonly subject: string | null
  readonly claims: Claims | null
  /** Aborts when it is no longer needed: signed in from another tab, signed out, disposed. Close the dialog. */
  readonly signal: AbortSignal
}
export interface LoginContext<Claims extends object = JwtClaims> extends AnyContext<Claims> {
  readonly kind: 'login'
  readonly reason: LoginReason
}
/** RFC 9470 §3: who is signed in has to authenticate better or more recently. Values are the server's, and untrusted. */
export interface StepUpContext<Claims extends object = JwtClaims> extends AnyContext<Claims>, StepUpRequirement {
  readonly kind: 'step-up'
}

export interface ReauthenticatePorts {
  readonly session: SessionCore
  readonly wake: Wake
  readonly clock: Clock
  readonly teller: LoginTeller
  /** Whether this client was disposed of: it asks nobody any more. */
  readonly isOver: () => boolean
  readonly reauthenticate: ((need: ReauthenticateContext) => Promise<SessionInput | null>) | undefined
}

/** The middle of the ladder: asks the person in place, one question at a time, before the login page is asked for. */
export interface Login extends LoginPort {
  /** The refresh was refused: asks in place, or ends the session. */
  refused(reason: EndReason): void
  dispose(): void
}

interface RunningAsk extends Asking {
  session: string | null
  settle(answered: Awaited<Asking['answered']>): void
}

type Question =
  | { readonly kind: 'login'; readonly reason: LoginReason }
  | ({ readonly kind: 'step-up' } & StepUpRequirement)

interface Answered extends Pick<SessionState, 'session' | 'generation'> {
  readonly asking: Asking
  readonly question: string
  readonly monotonicMs: number
}

export function createLogin(ports: ReauthenticatePorts): Login {
  const { session, wake, clock, teller, isOver, reauthenticate } = ports
  let running: RunningAsk | null = null
  /** The last question that somebody answered by signing in, and what that brought. */
  let done: Answered | undefined

  /** Asks, and signs in with what comes of it. */
  async function put(question: Question, signal: AbortSignal, answered: Asking['answered']): Promise<void> {
    const { credentials } = session.state
    // Once somebody looks at the page, or nobody need be asked any more.
    await (isHidden() && waking(wake, () => !isHidden(), answered))
    if (signal.aborted || !reauthenticate) return
    try {
      const answer = await reauthenticate({
        ...question,
        subject: credentials?.subject ?? null,
        claims: credentials?.claims ?? null,
        signal,
      })
      // What it answers counts at once; a mistake in it is the app's, and told as such.
      if (answer && !signal.aborted) session.signIn(answer).catch(report)
    } catch {
      // "Not here" can also be said by throwing.
    }
  }

  function ask(question: Question, declined: () => void): RunningAsk {
    const controller = createAbort()
    const { session: of, credentials: refused } = session.state
    let resolve: RunningAsk['settle'] = () => {}
    const answered: Asking['answered'] = new Promise(settle => {
      resolve = settle
    })
    const asking: RunningAsk = {
      kind: question.kind,
      answered,
      session: null,
      settle(outcome) {
        if (running !== asking) return
        running = null
        for (const stop of stops) stop()
        if (outcome === 'declined') declined()
        const { session: now, generation } = session.state
        asking.session = now
        if (outcome === 'signed-in' && now === of) {
          done = {
            asking,
            session: of,
            generation,
            question: JSON.stringify(question),
            monotonicMs: clock.monotonicMs(),
          }
        }
        if (session.state.status === 'reauthenticating') session.resume()
        controller.abort()
        resolve(outcome)
      },
    }
    const stops = [
      session.listenersOf('signed-in').add(() => {
        const { credentials } = session.state
        // The very tokens that were refused are no answer to a login; a step-up may have been made for them.
        const isRefused = question.kind === 'login' && hasSame('accessToken', credentials, refused)
        if (!isRefused || credentials?.refreshToken !== refused?.refreshToken) asking.settle('signed-in')
      }),
      // Another tab's sign-in as the same subject arrives as newer credentials.
      session
        .listenersOf('refreshed')
        .add(({ tab }) => asking.kind === 'login' && tab === 'other' && asking.settle('signed-in')),
      session.changed.add(({ session: now }) => now !== of && queueMicrotask(() => asking.settle('declined'))),
    ]
    running = asking
    session.suspend(question.kind === 'login')
    session.emit('reauthentication-started', {
      kind: question.kind,
      subject: session.state.credentials?.subject ?? null,
    })
    put(question, controller.signal, answered).then(() => asking.settle('declined'))
    return asking
  }

  return {
    note: teller.note,
    accepted: teller.accepted,
    get asking() {
      return running
    },
    refused(reason) {
      const end = () => {
        if (session.state.credentials) session.end(reason)
      }
      if (running?.kind === 'login') return
      running?.settle('declined')
      if (reauthenticate) ask({ kind: 'login', reason: reason as LoginReason }, end)
      else end()
    },
    notSignedIn(request) {
      const declined = () => teller.notSignedIn(request)
      if (reauthenticate && !isOver() && !teller.quiet())
        return ask({ kind: 'login', reason: 'not-signed-in' }, declined)
      declined()
      return null
    },
    stepUp(requirement, generation) {
      if (!reauthenticate || isOver()) return null
      const question = { kind: 'step-up', ...requirement } as const
      if (done?.session === session.state.session) {
        if (generation < done.generation) return done.asking
        // Its answer did not content the server, and would not now, unless that was too long ago.
        const { maxAgeSeconds } = requirement
        const isOld = maxAgeSeconds !== null && clock.monotonicMs() - done.monotonicMs > maxAgeSeconds * 1000
        if (generation === done.generation && done.question === JSON.stringify(question) && !isOld) return null
      }
      // One question at a time: who finds another one open goes on with what that one brings.
      return running ?? ask(question, () => {})
    },
    dispose: () => running?.settle('disposed'),
  }
}
