import type { EndReason } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { type LoginPort, type RequestTarget, routeOf, targetOf } from '../request/pipeline-ports.ts'
import type { Credentials, JwtClaims } from '../session/credentials.ts'
import { callListener, type Tab } from '../session/events.ts'
import type { SessionCore } from '../session/session.ts'
import { currentReturnTo } from './return-to.ts'

export interface LoginRequiredEvent<Claims extends object = JwtClaims> {
  /**
   * `'login-loop'`: asked twice within 30 s with a sign-in between that did not help: stop and show an error instead. Not
   * after a sign-out, nor for another subject, nor where the request that is rejected now was accepted after that sign-in.
   */
  readonly reason: LoginReason
  /** Where the person is: a path of this origin with query and hash, without `code`, `state` or tokens. */
  readonly returnTo: string
  readonly tab: Tab
  /** Whose session ended; `null` if nobody's. */
  readonly subject: string | null
  readonly claims: Claims | null
  /** What was being asked for; the URL without query. `null` if another tab was told. */
  readonly request: RequestTarget | null
}
export type LoginReason = 'not-signed-in' | Exclude<EndReason, 'signed-out' | 'replaced'> | 'login-loop'

const quietMs = 10_000
const loopMs = 30_000

/** When this tab last asked for a login, and whether somebody signed in since. Outlives reloads: that is where loops are. */
interface LastLoginRequest {
  readonly at: number
  readonly signedIn: boolean
}

function createMemory(name: string): { read(): LastLoginRequest | null; write(asked: LastLoginRequest | null): void } {
  const key = `latchkey:login:${name}`
  let memory: LastLoginRequest | null = null
  return {
    read() {
      try {
        const stored = JSON.parse(sessionStorage.getItem(key) as string) as LastLoginRequest | null
        if (typeof stored?.at === 'number') return stored
      } catch {
        // No storage, or not ours: what this page remembers must do.
      }
      return memory
    },
    write(asked) {
      memory = asked
      try {
        sessionStorage.setItem(key, JSON.stringify(asked))
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

/** Tells the app that the person has to sign in: once for each session that ended, and not over and over for nobody's. */
export interface LoginNotifier extends Pick<LoginPort, 'noteRequest' | 'noteAccepted'> {
  /** Whether a login was asked for so lately that nobody's request is a reason to ask once more. */
  isQuiet(): boolean
  /** Nobody is signed in, and a request was rejected for it. */
  notSignedIn(request: RequestTarget): void
  /** As if no login had ever been asked for. */
  forget(): void
}

export function createLoginNotifier({
  session,
  clock,
  name,
  onLoginRequired,
  isDisposed,
}: LoginNotifierPorts): LoginNotifier {
  const asked = createMemory(name)
  let held: Credentials | null = null
  let request: RequestTarget | null = null
  /** Whose login was asked for last. */
  let askedSubject: string | null = null
  /** Whether one more login within its time would be a loop; `undefined`: not looked up yet. */
  let mayLoop: boolean | undefined
  /** What was accepted since. Not just any of it is an end of the loop: some requests are never rejected. */
  const accepted = new Set<string>()

  function wasAsked(withinMs: number, signedInSince: boolean): boolean {
    const last = asked.read()
    if (last?.signedIn !== signedInSince) return false
    const sinceMs = clock.wallMs() - last.at
    // A time ahead of now is a jumped clock's.
    return sinceMs >= 0 && sinceMs < withinMs
  }
  const isQuiet = () => wasAsked(quietMs, false)

  function required(reason: LoginReason, whose: Credentials | null, tab: Tab): void {
    if (isDisposed()) return
    const { subject = null, claims = null } = whose ?? {}
    const refused = tab === 'this' ? request : null
    const hasWorked = refused ? accepted.has(routeOf(refused)) : accepted.size > 0
    const isLoop = !hasWorked && wasAsked(loopMs, true)
    askedSubject = subject
    asked.write({ at: clock.wallMs(), signedIn: false })
    const event: LoginRequiredEvent = {
      reason: isLoop ? 'login-loop' : reason,
      returnTo: currentReturnTo(),
      tab,
      subject,
      claims,
      request: refused,
    }
    // In a task of its own: whoever waited has been rejected by then, and an error in it is the app's own.
    clock.setTimer(() => callListener(onLoginRequired, event), 0)
  }

  session.changed.add(({ credentials }) => {
    if (!credentials || credentials === held) return
    held = credentials
    // Whose refresh brought these is no reason for what comes later.
    request = null
  })
  const signedIn = (subject: string | null, isHere: boolean) => {
    const last = asked.read()
    const isAnother = askedSubject !== null && subject !== null && subject !== askedSubject
    if (isAnother) asked.write(null)
    else if (last && isHere) asked.write({ ...last, signedIn: true })
    accepted.clear()
    mayLoop = undefined
  }
  session.listenersOf('signed-in').add(({ tab, subject }) => signedIn(subject, tab === 'this'))
  // Whoever was asked to log in at the server, by navigation, is found signed in by the page that comes after.
  session.listenersOf('restored').add(({ from, subject }) => signedIn(subject, from === 'server'))
  session.listenersOf('ended').add(({ reason, tab }) => {
    const whose = held
    held = null
    if (reason !== 'signed-out' && reason !== 'replaced') required(reason, whose, tab)
    else asked.write(null)
  })
  return {
    noteRequest(next) {
      request = next
    },
    noteAccepted(next) {
      mayLoop ??= wasAsked(loopMs, true)
      if (mayLoop && accepted.size < 200) accepted.add(routeOf(targetOf(next)))
    },
    isQuiet,
    notSignedIn(next) {
      request = next
      if (!isQuiet()) required('not-signed-in', null, 'this')
    },
    forget: () => asked.write(null),
  }
}
