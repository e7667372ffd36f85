import type { EndReason, StepUpRequirement } from '../errors.ts'
import { createAbort } from '../platform/abort.ts'
import { isHidden } from '../platform/page.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { LoginPort, Reauthentication } from '../request/pipeline-ports.ts'
import { hasSame, type JwtClaims } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionCore } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import type { Clock } from '../time/clock.ts'
import type { LoginNotifier, LoginReason } from './login-notifier.ts'

export type ReauthenticateContext<Claims extends object = JwtClaims> = LoginContext<Claims> | StepUpContext<Claims>

interface AnyContext<Claims extends object> {
  /** The user whose requests wait: after a sign-in of another user they reject. `null` if no user was signed in. */
  readonly subject: string | null
  readonly claims: Claims | null
  /** Aborts when the dialog is no longer needed (a sign-in in another tab, a sign-out, `dispose()`). Close it then. */
  readonly signal: AbortSignal
}
export interface LoginContext<Claims extends object = JwtClaims> extends AnyContext<Claims> {
  readonly kind: 'login'
  readonly reason: LoginReason
}
/** A step-up: the user has to authenticate again, more strongly or more recently. Its values are not verified. @see RFC 9470 §3 */
export interface StepUpContext<Claims extends object = JwtClaims> extends AnyContext<Claims>, StepUpRequirement {
  readonly kind: 'step-up'
}

export interface ReauthenticatorPorts {
  readonly session: SessionCore
  readonly wake: Wake
  readonly clock: Clock
  readonly notifier: LoginNotifier
  /** Whether this client was disposed: it opens no dialog any more. */
  readonly isDisposed: () => boolean
  readonly reauthenticate: ((need: ReauthenticateContext) => Promise<SessionInput | null>) | undefined
}

/** Calls `reauthenticate`, one call at a time, before `onLoginRequired` is called. */
export interface Reauthenticator extends LoginPort {
  /** The refresh was rejected: opens a dialog, or ends the session. */
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
  /** The last dialog that ended with a sign-in, and its result. */
  let done: CompletedReauthentication | undefined

  /** Calls `reauthenticate`, and signs in with its result. */
  async function promptUser(
    question: Question,
    signal: AbortSignal,
    answered: Reauthentication['outcome'],
  ): Promise<void> {
    const { credentials } = session.state
    // Not by the signal: in engines without AbortController there is none.
    const isOver = () => running?.outcome !== answered
    // Wait until the page is visible, or the dialog is no longer needed.
    await (isHidden() && waking(wake, () => !isHidden(), answered))
    if (isOver() || !reauthenticate) return
    try {
      const answer = await reauthenticate({
        ...question,
        subject: credentials?.subject ?? null,
        claims: credentials?.claims ?? null,
        signal,
      })
      // The result takes effect at once. A mistake in it is reported as the app's own error.
      if (answer && !isOver()) session.signIn(answer).catch(report)
    } catch {
      // Throwing means the same as returning `null`.
    }
  }

  function startReauthentication(question: Question, declined: () => void): RunningReauthentication {
    const controller = createAbort()
    const { sessionId: startedIn, credentials: rejected } = session.state
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
        // After a sign-in of another user it is of no use: their session has another id.
        if (outcome === 'signed-in') {
          done = {
            // Not what is running: it encloses the tokens of before the dialog.
            reauthentication: { kind: question.kind, outcome: answered, sessionId: startedIn },
            sessionId: startedIn,
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
        // A login with the rejected tokens does not help. After a step-up the same tokens may be valid for more.
        const isRejected = question.kind === 'login' && hasSame('accessToken', credentials, rejected)
        if (!isRejected || credentials?.refreshToken !== rejected?.refreshToken) reauthentication.settle('signed-in')
      }),
      // A sign-in of the same user in another tab arrives as newer credentials.
      session
        .listenersOf('refreshed')
        .add(({ tab }) => reauthentication.kind === 'login' && tab === 'other' && reauthentication.settle('signed-in')),
      session.changed.add(
        ({ sessionId: now }) => now !== startedIn && queueMicrotask(() => reauthentication.settle('declined')),
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
      const { sessionId } = session.state
      // After a sign-out meanwhile, no login is required.
      const declined = () => session.state.sessionId === sessionId && notifier.notSignedIn(request)
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
        // The last dialog did not satisfy the server. Another would not either, unless the last one is too old by now.
        const { maxAgeSeconds } = requirement
        const isOld = maxAgeSeconds !== null && clock.monotonicMs() - done.monotonicMs > maxAgeSeconds * 1000
        if (generation === done.generation && done.question === JSON.stringify(question) && !isOld) return null
      }
      // One dialog at a time: if another one is open, use its result.
      return running ?? startReauthentication(question, () => {})
    },
    dispose: () => running?.settle('disposed'),
  }
}
