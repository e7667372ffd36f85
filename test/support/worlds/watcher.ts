import * as rules from '../invariants.ts'
import type { Jar } from './browser.ts'
import type { PageLife } from './computer.ts'
import { accessClaims, secret } from './identities.ts'
import type { Person, Step, WorldSettings } from './plan.ts'
import type { Family, Server } from './server.ts'
import { createSessionFacts, newsMs, type TabFacts } from './session-facts.ts'

export type Ask = Extract<Step, { readonly kind: 'ask' }>

/** One request of a page, and what became of it. */
export interface AskedRequest {
  readonly id: number
  readonly ask: Ask
  readonly tab: TabFacts
  /** Whose it is; `null`: nobody was signed in, or it was not known yet. */
  readonly began: Person | null
  readonly atMs: number
  readonly awakeMs: number
  readonly dialogMs: number
  abort: { readonly reason: unknown; readonly atMs: number } | null
  sentAs: Person | null
  sends: number
  isSettled: boolean
}

interface Sent {
  readonly url: URL
  readonly token: string | null
  readonly cookie: string | null
  readonly jar: Jar
}
interface Presented extends rules.Presentation {
  readonly page: PageLife
  /** The server took it for spent or unknown: to ask again does no harm. */
  readonly isRejected: boolean
  /** The access token that the server made of it. */
  readonly brought: string | undefined
  /** Why, as its client says (`refresh-started`). */
  readonly cause: string | undefined
  /** Whether it had to wait for the end of a `Retry-After`. */
  readonly isAfterRetryAfter: boolean
}
type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** The lease before the send and the save after the response belong to a refresh. */
const aroundMs = 3500
const longestWaitMs = 150_000

export interface WatcherPorts {
  readonly settings: WorldSettings
  readonly server: Server
  readonly nowMs: () => number
  readonly trusted: readonly string[]
  readonly say: (what: string) => void
}

/** Watches over a world, and knows everything: what each promise means in it. */
export type Watcher = ReturnType<typeof createWatcher>

export function createWatcher({ settings, server, nowMs, trusted, say }: WatcherPorts) {
  const { mode, reuse, isShared, lifetimeIn, lifetimeMs } = settings
  const isCookie = mode === 'cookie' || mode === 'bff'
  const isLifetimeKnown =
    lifetimeIn === 'response' || (lifetimeIn === 'token' && accessClaims('alice', settings.shape) !== null)
  const broken: string[] = []
  const asked: AskedRequest[] = []
  const presentations: Presented[] = []
  /** Why each page has begun its last refresh. */
  const causes = new Map<PageLife, string>()
  /** Access tokens with which a request was sent again. */
  const replayed = new Set<string | null>()
  /** Access tokens for which an API had anything but a 401. */
  const accepted = new Set<string | null>()
  const isBroken = { store: false, record: false, read: false, clock: false, network: false }
  const check = (violation: rules.Violation) => {
    if (violation === null) return
    say(`!!! ${violation}`)
    broken.push(violation)
  }
  const sessions = createSessionFacts({ settings, server, nowMs, check, say, isBroken })
  const wasPaused = (page: PageLife, fromMs: number, toMs: number) =>
    page.isDead || page.pauses.some(pause => pause.fromMs < toMs && pause.toMs > fromMs)
  const nameOf = (token: string | null) => {
    const facts = server.factsOf(token)
    return facts
      ? `${facts.family.person}'s ${token?.split('.')[0]?.slice(0, 8)} (login ${facts.family.number})`
      : 'none'
  }
  /** Whether a page could know what happened then. */
  const isKnown = (atMs: number, page: PageLife) =>
    isShared && !isBroken.store && atMs + newsMs < nowMs() && page.wokeAtMs + newsMs < nowMs()

  /** Whether a request goes with what belongs to a session that was signed out, here or where this tab could know of it. */
  function isAfterSignOut({ tab, began, ask }: AskedRequest, family: Family, jar: Jar): boolean {
    const leftAtMs = tab.left.get(family)
    // A store that loses the sign-out brings the session back; so does the cookie, where the server has not heard of it.
    // So does a read of an older record (docs/decisions, 49).
    if (isBroken.record || isBroken.read || (isCookie && (isBroken.store || sessions.isPutBack(family)))) return false
    // The browser sends its cookie until the server has cleared it; but the next user's requests wait for that.
    if (mode === 'bff') return began !== null && leftAtMs !== undefined && jar.changedAtMs < leftAtMs
    const signedOut = sessions.toldAtMs(family)
    // A keepalive request never waits, not even for a look at the store.
    const mayLook = ask.form !== 'keepalive'
    return leftAtMs !== undefined || (mayLook && signedOut !== undefined && isKnown(signedOut, tab.life))
  }

  const isAnswered = ({ isLost, isBusy, isRejected, answeredAtMs }: Presented) =>
    !isLost && !isBusy && !isRejected && answeredAtMs <= nowMs()
  /** Whether the page that presents a token, and this one, were told of the server's `Retry-After` for this token. */
  const isTold = (now: Presented) => (other: Presented) => {
    const isSame = other.token === now.token && !isBroken.clock
    if (!isSame || (isCookie && sessions.current().atMs >= other.atMs - aroundMs)) return false
    // The cookie of a session stays the same where the server does not rotate it: a refresh that succeeded since ends the backoff.
    const isOver = presentations.some(
      one => isAnswered(one) && one.token === now.token && one.answeredAtMs >= other.answeredAtMs,
    )
    if (isOver) return false
    return now.page === other.page || isTellable(other)
  }
  const isTellable = ({ page, atMs, answeredAtMs }: Presented) =>
    isShared && !isBroken.store && !wasPaused(page, atMs, answeredAtMs + aroundMs)

  /** Refreshes that have helped nobody yet, as far as the record that all tabs share can say it. */
  function unhelpful(): readonly Presented[] {
    if (isCookie || !isShared || settings.storage === 'web' || isBroken.store || isBroken.clock) return []
    const sinceMs = sessions.current().atMs
    return presentations.filter(({ atMs, brought }) => atMs > sinceMs && !(brought && accepted.has(brought)))
  }
  /** Five that a 401 has caused; one more whose token had expired, and one more that none of its requests saw the end of. */
  const mostRejections = 7
  function checkRefreshes(now: Presented): void {
    const all = unhelpful()
    const timesOf = (some: readonly Presented[]) => some.map(({ atMs }) => atMs)
    check(rules.fewRefreshes(timesOf(all).slice(-11)))
    if (now.cause !== 'rejected') return
    const ofRejections = all.filter(
      one =>
        one === now ||
        // A request that is sent only once does not show whether the token helps.
        (one.page === now.page && one.cause === 'rejected' && one.brought && replayed.has(one.brought)),
    )
    check(rules.fewRefreshes(timesOf(ofRejections).slice(-mostRejections - 1), mostRejections))
  }

  const mostSends = ({ form, to }: Ask) => {
    if (to === 'foreign' || ['stream', 'keepalive', 'once', 'bare'].includes(form)) return 1
    // The second replay is for a token that has come during the first.
    return mode === 'dpop' ? 6 : 3
  }

  return {
    broken,
    asked,
    presentations,
    check,
    nameOf,
    isBroken,
    sessions,
    requestOf: (url: URL) => asked[Number(url.searchParams.get('id') ?? -1)],
    accepted: (token: string | null) => void accepted.add(token),
    begins: (page: PageLife, cause: string) => void causes.set(page, cause),
    secretIn: (where: string, text: string) => check(rules.keepsSecrets(where, text, secret)),

    /** Every request that leaves a page. */
    seen(_page: PageLife, request: { url: string; headers: Headers; body: string; token: string | null }): void {
      const carries = request.token !== null || secret.test(JSON.stringify([...request.headers]) + request.body)
      check(rules.staysOnTrustedOrigins(request.url, trusted, carries))
      check(rules.keepsSecrets('a URL', request.url, secret))
    },

    sent(page: PageLife, request: AskedRequest, { token, cookie, jar }: Sent): void {
      const { id, ask, tab } = request
      request.sends += 1
      if (request.sends > 1) replayed.add(token)
      const facts = server.factsOf(mode === 'bff' && ask.form !== 'bare' && ask.to !== 'foreign' ? cookie : token)
      say(`tab ${tab.number} sends request ${id} ${facts ? `as ${nameOf(mode === 'bff' ? cookie : token)}` : 'bare'}`)
      check(rules.fewSends(request.sends, mostSends(ask), id))
      if (!facts) return
      const { family } = facts
      check(rules.nothingAfterSignOut(isAfterSignOut(request, family, jar), id))
      const { family: current, atMs } = sessions.current()
      // Another tab's login, or one by navigation, may have changed the cookie: what is stored does not say so yet.
      const isLooked = ask.form !== 'keepalive' && current === family
      if (mode === 'bff' && !(isLooked && isKnown(Math.max(atMs, jar.changedAtMs), page))) return
      check(rules.sentAsItsUser(request.began, family.person, id))
      check(rules.sentAsItsUser(request.sentAs, family.person, id))
      request.sentAs = family.person
      if (mode === 'bff') return
      if (isShared && !isBroken.store && !isCookie && !facts.isLogin)
        check(rules.savedFirst(sessions.isStored(token), id))
      // What a refresh adopts may have expired in the tab that did not tell of it; its 401 tells.
      const isHeld = tab.changedAtMs + newsMs < nowMs()
      // The response of a login that its page slept through: the app hands it over when it wakes, and only the server knows its age.
      const isLate = facts.isLogin && wasPaused(page, facts.issuedAtMs, facts.issuedAtMs + aroundMs)
      const isSure =
        isLifetimeKnown && lifetimeMs >= 60_000 && !isBroken.clock && family.current > 0 && isHeld && !isLate
      if (isSure && ask.form !== 'keepalive') check(rules.notExpired(nowMs() - facts.issuedAtMs - lifetimeMs, id))
    },

    /** A refresh that leaves a page. `end` is called when the page learns of its response, or gives up. */
    presented(page: PageLife, token: string | null) {
      const now: Mutable<Presented> = {
        page,
        token: token ?? '',
        atMs: nowMs(),
        isLost: false,
        isBusy: false,
        retryAfterMs: 0,
        answeredAtMs: Number.POSITIVE_INFINITY,
        isRejected: false,
        brought: undefined,
        cause: causes.get(page),
        isAfterRetryAfter: false,
      }
      say(`tab ${page.number} presents ${nameOf(token)}`)
      const isExcused = ({ page: other, atMs, isLost, isBusy, isRejected, answeredAtMs }: Presented) =>
        isLost ||
        isRejected ||
        // The cookie is the browser's: a sign-in that is stored meanwhile begins another record, without the lease.
        (isCookie && sessions.current().atMs >= atMs - aroundMs) ||
        isBusy ||
        isBroken.store ||
        wasPaused(other, atMs - aroundMs, Math.min(nowMs(), answeredAtMs + aroundMs))
      const isRotating = mode !== 'bff' && reuse !== 'static' && token !== null
      if (isRotating) check(rules.presentedOnce(now, presentations, isExcused))
      check(rules.honoursRetryAfter(now, presentations, isTold(now)))
      now.isAfterRetryAfter = presentations.some(other => other.retryAfterMs > 0 && isTold(now)(other))
      presentations.push(now)
      checkRefreshes(now)
      return {
        /** How the server has answered it, as far as it has. */
        note(facts: Partial<Mutable<Presented>>) {
          Object.assign(now, facts)
          if (facts.isRejected) sessions.noteRejection()
        },
        end(isAnswered: boolean) {
          now.isLost ||= !isAnswered
          now.answeredAtMs = nowMs()
        },
      }
    },

    settled(request: AskedRequest, outcome: unknown): void {
      const { id, abort, tab, awakeMs, dialogMs } = request
      request.isSettled = true
      const waitedMs = tab.life.awakeMs() - awakeMs - (tab.dialogMs - dialogMs)
      const mayWait = settings.waitsOffline && isBroken.network
      if (!mayWait) check(rules.settledInTime(waitedMs, longestWaitMs, id))
      if (abort) check(rules.abortedAtOnce({ reason: abort.reason, lateMs: nowMs() - abort.atMs }, outcome, id))
    },
  }
}
