import type { EndReason } from '../errors.ts'
import { type LoginPort, type RequestTarget, routeOf, targetOf } from '../request/pipeline-ports.ts'
import type { Credentials, JwtClaims } from '../session/credentials.ts'
import { callListener, type Tab } from '../session/events.ts'
import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { loginLoopMs, loginQuietMs } from '../time/delays.ts'
import { currentReturnTo } from './return-to.ts'

/** What `onLoginRequired` is called with. */
export interface LoginRequiredEvent<Claims extends object = JwtClaims> {
  /**
   * Why the user has to sign in.
   *
   * `'login-loop'`: for the second time within 30 s (`'not-signed-in'` counts), with a sign-in between that did not help. Show an
   * error instead of the login page. It is not used after a sign-out, for another subject, or if the rejected request was accepted
   * since that sign-in in this page: a reload forgets it.
   */
  readonly reason: LoginReason
  /** Where the user is: a path of this origin with query and hash, without `code`, `state` and tokens. */
  readonly returnTo: string
  /** Whether the session ended in this tab or in another one. */
  readonly tab: Tab
  /** The user whose session ended; `null` if no user was signed in. */
  readonly subject: string | null
  readonly claims: Claims | null
  /** The request that needs a login: its method, and its URL without query. `null` if the session ended in another tab. */
  readonly request: RequestTarget | null
}
/** Why the user has to sign in. */
export type LoginReason = 'not-signed-in' | Exclude<EndReason, 'signed-out' | 'replaced'> | 'login-loop'

/**
 * When this tab last called `onLoginRequired`, and whether a user signed in since. Survives reloads, since login loops go through
 * them.
 */
interface LastCall {
  readonly at: number
  readonly signedIn: boolean
}

function createMemory(name: string): { read(): LastCall | null; write(last: LastCall | null): void } {
  const key = `latchkey:login:${name}`
  let memory: LastCall | null = null
  return {
    read() {
      try {
        const stored = JSON.parse(sessionStorage.getItem(key) as string) as LastCall
        if (typeof stored.at === 'number') return stored
      } catch {
        // No storage, nothing in it (`null`), or not our record: use this page's memory.
      }
      return memory
    },
    write(last) {
      memory = last
      try {
        sessionStorage.setItem(key, JSON.stringify(last))
      } catch {
        // As above.
      }
    },
  }
}

export interface LoginNotifierPorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly name: string
  readonly onLoginRequired: ((event: LoginRequiredEvent) => unknown) | undefined
  /** Whether this client was disposed of. */
  readonly isDisposed: () => boolean
}

/** Calls `onLoginRequired`: once for each session that ended, and at most once in 10 s while no user is signed in. */
export interface LoginNotifier extends Pick<LoginPort, 'noteRequest' | 'noteAccepted'> {
  /** Whether `onLoginRequired` was called so lately that an anonymous request must not cause another call. */
  isQuiet(): boolean
  /** A request was rejected because no user is signed in. */
  notSignedIn(request: RequestTarget): void
  /** Forgets all earlier calls. */
  forget(): void
}

export function createLoginNotifier({
  session,
  clock,
  name,
  onLoginRequired,
  isDisposed,
}: LoginNotifierPorts): LoginNotifier {
  const lastCall = createMemory(name)
  let held: Credentials | null = null
  let request: RequestTarget | null = null
  /** The subject of the last call. */
  let lastSubject: string | null = null
  /** Whether another call now would be a loop; `undefined`: not looked up yet. */
  let mayLoop: boolean | undefined
  /** The routes that were accepted since. Only the rejected route ends the loop: others may never be rejected at all. */
  const accepted = new Set<string>()

  function wasCalled(withinMs: number, signedInSince: boolean): boolean {
    const last = lastCall.read()
    if (last?.signedIn !== signedInSince) return false
    const sinceMs = clock.wallMs() - last.at
    // A time in the future: the clock was set back.
    return sinceMs >= 0 && sinceMs < withinMs
  }
  const isQuiet = () => wasCalled(loginQuietMs, false)

  function required(reason: LoginReason, ended: Credentials | null, tab: Tab): void {
    if (isDisposed()) return
    const { subject = null, claims = null } = ended ?? {}
    const rejected = tab === 'this' ? request : null
    const hasWorked = rejected ? accepted.has(routeOf(rejected)) : accepted.size > 0
    const isLoop = !hasWorked && wasCalled(loginLoopMs, true)
    lastSubject = subject
    lastCall.write({ at: clock.wallMs(), signedIn: false })
    const event: LoginRequiredEvent = {
      reason: isLoop ? 'login-loop' : reason,
      returnTo: currentReturnTo(),
      tab,
      subject,
      claims,
      request: rejected,
    }
    const call = () => {
      // A listener of `ended` may have signed a user in. If that does not help, the app has to know.
      if (!isDisposed() && (isLoop || !session.state.credentials)) callListener(onLoginRequired, event)
    }
    // In a new task: the waiting requests are rejected first, and an error in the callback stays the app's own.
    clock.setTimer(call, 0)
  }

  session.changed.add(({ credentials }) => {
    if (!credentials || credentials === held) return
    held = credentials
    // The request that caused this refresh is not the cause of a later end.
    request = null
  })
  const signedIn = (subject: string | null, isHere: boolean) => {
    const last = lastCall.read()
    const isAnother = lastSubject !== null && subject !== null && subject !== lastSubject
    if (isAnother) lastCall.write(null)
    else if (last && isHere) lastCall.write({ ...last, signedIn: true })
    accepted.clear()
    mayLoop = undefined
  }
  session.listenersOf('signed-in').add(({ tab, subject }) => signedIn(subject, tab === 'this'))
  // After a login by navigation, the next page finds the session at its start: it emits `restored`, not `signed-in`.
  session.listenersOf('restored').add(({ from, subject }) => signedIn(subject, from === 'server'))
  session.listenersOf('ended').add(({ reason, tab }) => {
    const ended = held
    // Of a user who took the place of another one, if so.
    held = session.state.credentials
    if (reason !== 'signed-out' && reason !== 'replaced') required(reason, ended, tab)
    else lastCall.write(null)
  })
  return {
    noteRequest(next) {
      request = next
    },
    noteAccepted(next) {
      mayLoop ??= wasCalled(loginLoopMs, true)
      if (mayLoop && accepted.size < 200) accepted.add(routeOf(targetOf(next)))
    },
    isQuiet,
    notSignedIn(next) {
      request = next
      if (!isQuiet()) required('not-signed-in', null, 'this')
    },
    forget: () => lastCall.write(null),
  }
}
