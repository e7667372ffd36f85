import type { EndReason, StepUpRequirement } from '../errors.ts'
import { createAbort } from '../platform/abort.ts'
import type { Clock } from '../platform/clock.ts'
import { isHidden } from '../platform/page.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { LoginPort, Reauthentication } from '../request/pipeline-ports.ts'
import { hasSame, type JwtClaims } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionCore } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import type { LoginNotifier, LoginReason } from './login-notifier.ts'

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

export interface ReauthenticatorPorts {
  readonly session: SessionCore
  readonly wake: Wake
  readonly clock: Clock
  readonly notifier: LoginNotifier
  /** Whether this client was disposed of: it asks nobody any more. */
  readonly isDisposed: () => boolean
  readonly reauthenticate: ((need: ReauthenticateContext) => Promise<SessionInput | null>) | undefined
}

/** The middle of the ladder: asks the person in place, one question at a time, before the login page is asked for. */
export interface Reauthenticator extends LoginPort {
  /** The refresh was rejected: asks in place, or ends the session. */
  onRefreshRejected(reason: EndReason): void
  dispose(): void
}

interface RunningReauthentication extends Reauthentication {
  sessionId: string | null
  settle(answered: Awaited<Reauthentication['outcome']>): void
}

type Question =
  | { readonly kind: 'login'; readonly reason: LoginReason }
  | ({ readonly kind: 'step-up' } & StepUpRequirement)

interface CompletedReauthentication extends Pick<SessionState, 'sessionId' | 'generation'> {
  readonly reauthentication: Reauthentication
  readonly question: string
  readonly monotonicMs: number
}

export function createReauthenticator(ports: ReauthenticatorPorts): Reauthenticator {
  const { session, wake, clock, notifier, isDisposed, reauthenticate } = ports
  let running: RunningReauthentication | null = null
  /** The last question that somebody answered by signing in, and what that brought. */
  let done: CompletedReauthentication | undefined

  /** Asks, and signs in with what comes of it. */
  async function promptUser(
    question: Question,
    signal: AbortSignal,
    answered: Reauthentication['outcome'],
  ): Promise<void> {
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

  function startReauthentication(question: Question, declined: () => void): RunningReauthentication {
    const controller = createAbort()
    const { sessionId: of, credentials: refused } = session.state
    let resolve: RunningReauthentication['settle'] = () => {}
    const answered: Reauthentication['outcome'] = new Promise(settle => {
      resolve = settle
    })
    const reauthentication: RunningReauthentication = {
      kind: question.kind,
      outcome: answered,
      sessionId: null,
      settle(outcome) {
        if (running !== reauthentication) return
        running = null
        for (const stop of stops) stop()
        if (outcome === 'declined') declined()
        const { sessionId: now, generation } = session.state
        reauthentication.sessionId = now
        if (outcome === 'signed-in' && now === of) {
          done = {
            reauthentication,
            sessionId: of,
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
        // The very tokens that were rejected are no answer to a login; a step-up may have been made for them.
        const isRefused = question.kind === 'login' && hasSame('accessToken', credentials, refused)
        if (!isRefused || credentials?.refreshToken !== refused?.refreshToken) reauthentication.settle('signed-in')
      }),
      // Another tab's sign-in as the same subject arrives as newer credentials.
      session
        .listenersOf('refreshed')
        .add(({ tab }) => reauthentication.kind === 'login' && tab === 'other' && reauthentication.settle('signed-in')),
      session.changed.add(
        ({ sessionId: now }) => now !== of && queueMicrotask(() => reauthentication.settle('declined')),
      ),
    ]
    running = reauthentication
    session.suspend(question.kind === 'login')
    session.emit('reauthentication-started', {
      kind: question.kind,
      subject: session.state.credentials?.subject ?? null,
    })
    promptUser(question, controller.signal, answered).then(() => reauthentication.settle('declined'))
    return reauthentication
  }

  return {
    noteRequest: notifier.noteRequest,
    noteAccepted: notifier.noteAccepted,
    get reauthentication() {
      return running
    },
    onRefreshRejected(reason) {
      const end = () => {
        if (session.state.credentials) session.end(reason)
      }
      if (running?.kind === 'login') return
      running?.settle('declined')
      if (reauthenticate) startReauthentication({ kind: 'login', reason: reason as LoginReason }, end)
      else end()
    },
    notSignedIn(request) {
      const declined = () => notifier.notSignedIn(request)
      if (reauthenticate && !isDisposed() && !notifier.isQuiet())
        return startReauthentication({ kind: 'login', reason: 'not-signed-in' }, declined)
      declined()
      return null
    },
    stepUp(requirement, generation) {
      if (!reauthenticate || isDisposed()) return null
      const question = { kind: 'step-up', ...requirement } as const
      if (done?.sessionId === session.state.sessionId) {
        if (generation < done.generation) return done.reauthentication
        // Its answer did not content the server, and would not now, unless that was too long ago.
        const { maxAgeSeconds } = requirement
        const isOld = maxAgeSeconds !== null && clock.monotonicMs() - done.monotonicMs > maxAgeSeconds * 1000
        if (generation === done.generation && done.question === JSON.stringify(question) && !isOld) return null
      }
      // One question at a time: who finds another one open goes on with what that one brings.
      return running ?? startReauthentication(question, () => {})
    },
    dispose: () => running?.settle('disposed'),
  }
}
