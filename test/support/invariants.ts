/**
 * What the promises forbid (docs/promises.md), as code: rules over what was seen from outside, used by all random worlds. Each
 * returns what is wrong, or `null`. Who was signed in, and what became of a request, is known to the world that asks.
 */
export type Violation = string | null

/** One refresh token request, as it really went. */
export interface Presentation {
  readonly token: string
  /** When it was sent; milliseconds of the world. */
  readonly atMs: number
  /** The page did not learn of the response, or gave up before it came. */
  readonly isLost: boolean
  /** The server did not rotate: 429 or 503. */
  readonly isBusy: boolean
  /** What the server asked for then. */
  readonly retryAfterMs: number
  readonly answeredAtMs: number
}

/** Promise 4: a token is sent again only after its response was lost, or its page died or slept through it (`isExcused`). */
export function presentedOnce<Sent extends Pick<Presentation, 'token'>>(
  now: Sent,
  earlier: readonly Sent[],
  isExcused: (other: Sent) => boolean,
): Violation {
  const guilty = earlier.find(other => other.token === now.token && !isExcused(other))
  return guilty ? `promise 4: refresh token ${now.token} was presented again` : null
}

/** Promise 8: the backoff honours `Retry-After`, and is shared by all tabs. `isKnown`: all could know of the earlier one. */
export function honoursRetryAfter<Sent extends Presentation>(
  now: Sent,
  earlier: readonly Sent[],
  isKnown: (other: Sent) => boolean,
): Violation {
  const early = earlier.find(
    other =>
      other.isBusy &&
      !other.isLost &&
      other.answeredAtMs <= now.atMs &&
      now.atMs < other.answeredAtMs + other.retryAfterMs &&
      isKnown(other),
  )
  return early ? 'promise 8: a refresh began before the Retry-After of the server was over' : null
}

const windowMs = 30_000

/** Promise 5: at most ten refreshes begin in 30 s; `times` are those that count, oldest first. */
export function fewRefreshes(times: readonly number[], most = 10): Violation {
  const crowded = times.find(from => times.filter(at => at >= from && at < from + windowMs).length > most)
  return crowded === undefined ? null : `promise 5: more than ${most} refreshes in 30 s from ${Math.round(crowded)} ms`
}

/** Promise 11. `carries`: whether a token, a proof or a cookie of the session went along. */
export const staysOnTrustedOrigins = (url: string, trusted: readonly string[], carries: boolean): Violation =>
  carries && !trusted.includes(new URL(url).origin)
    ? `promise 11: credentials were sent to ${new URL(url).origin}`
    : null

/** Promise 12: a request is sent as the user for whom it began (`null`: nobody, or not known yet), and never as another. */
export const sentAsItsUser = (began: string | null, now: string, request: string | number): Violation =>
  began !== null && began !== now ? `promise 12: request ${request} of ${began} was sent as ${now}` : null

/** Promise 12: a sign-out takes effect at once in its tab, and before the next send in all that could know of it. */
export const nothingAfterSignOut = (isOver: boolean, request: string | number): Violation =>
  isOver ? `promise 12: request ${request} was sent with a token of a session that was signed out` : null

/** Promise 12: a sign-out is never undone. `isOver`: what is stored now is of a session whose sign-out was stored before. */
export const staysSignedOut = (isOver: boolean): Violation =>
  isOver ? 'promise 12: credentials of a signed-out session were stored again' : null

/** Promises 13 and 15: tokens are removed only if the server has rejected them, the user has left, or the store has lost them. */
export const removedForAReason = (isRejected: boolean): Violation =>
  isRejected ? null : 'promise 13: tokens were removed that nobody had rejected'

/** What the world knows of a session that ended. */
export interface EndFacts {
  /** The server rejected the refresh. */
  readonly isRejected: boolean
  /** The user signed out of it somewhere. */
  readonly isSignedOut: boolean
  /** Somebody signed in since it began. */
  readonly isReplaced: boolean
  /** It has nothing to refresh with. */
  readonly isWithoutRefresh: boolean
  /** The store has failed, or was wiped. */
  readonly isStoreLost: boolean
  /** The store has lost or corrupted a record, or was wiped. */
  readonly isRecordLost: boolean
  /** The end that another tab has stored last, of whichever session: a tab follows what is stored. */
  readonly storedByOther: string | undefined
}

/** Promise 15: without a sign-out, a session ends only if the server rejects its refresh, or the stored session is lost. */
export function rightEnd(reason: string, facts: EndFacts): Violation {
  const { isRejected, isSignedOut, isReplaced, isWithoutRefresh, isStoreLost, isRecordLost, storedByOther } = facts
  const isRight: Readonly<Record<string, boolean>> = {
    'signed-out': isSignedOut || isReplaced || isStoreLost,
    replaced: isReplaced || isSignedOut || isStoreLost,
    // The store has failed to keep a login. What it has instead is the end of the session before, and that is followed.
    'refresh-rejected': isRejected || isSignedOut || isReplaced || (isStoreLost && storedByOther === reason),
    expired: isWithoutRefresh || isStoreLost,
    // The key goes at a sign-out: a tab may miss it before it hears of that. It stores this end over the record that it knows. If
    // the store has lost a login that it had confirmed, that is the record which counts ("or the stored session is lost").
    'key-lost': isSignedOut || isReplaced || isRecordLost,
  }
  return isRight[reason] ? null : `promise 15: a session ended by ${reason} though nobody ended it`
}

/** Promises 1 and 17: one send, one replay, and one more for each proof that a server wants anew. */
export const fewSends = (sends: number, most: number, request: string | number): Violation =>
  sends > most ? `promise 1: request ${request} was sent ${sends} times` : null

/** Promise 9: a token that a refresh brought is in the store before a request is sent with it. */
export const savedFirst = (isSaved: boolean, request: string | number): Violation =>
  isSaved ? null : `promise 9: request ${request} was sent with a token that had not been stored`

/** Promise 3: a token that is known to have expired is not sent. `lateMs`: since when; negative: it is still good. */
export const notExpired = (lateMs: number, request: string | number): Violation =>
  lateMs > 0
    ? `promise 3: request ${request} was sent with a token that had expired ${Math.round(lateMs)} ms ago`
    : null

/** Promise 8: no request waits beyond its patience, all bounds together. */
export const settledInTime = (waitedMs: number, mostMs: number, request: string | number): Violation =>
  waitedMs > mostMs ? `promise 8: request ${request} waited ${Math.round(waitedMs)} ms` : null

/** Promise 7: an abort rejects the call at once, with the reason of the signal. */
export function abortedAtOnce(
  abort: { readonly reason: unknown; readonly lateMs: number },
  outcome: unknown,
  request: string | number,
): Violation {
  if (abort.lateMs > 0) return `promise 7: request ${request} settled ${Math.round(abort.lateMs)} ms after its abort`
  return outcome === abort.reason ? null : `promise 7: aborted request ${request} ended with ${String(outcome)}`
}

/** Promise 14: `secret` recognises any part of a token in a text. */
export const keepsSecrets = (where: string, text: string, secret: RegExp): Violation =>
  secret.test(text) ? `promise 14: a token is in ${where}: ${text.slice(0, 200)}` : null

/** Who is signed in, as a tab, the store or the server sees it: a name that is compared only. `null`: nobody. */
export interface View {
  readonly of: string
  readonly user: string | null
}

/** At rest all tabs and the store agree on who is signed in. */
export function sameEverywhere(views: readonly View[]): Violation {
  const [first] = views
  const other = views.find(({ user }) => user !== first?.user)
  return first && other ? `at rest ${first.of} has ${first.user}, ${other.of} has ${other.user}` : null
}

/** At rest nobody waits: every request has settled. */
export const allSettled = (unsettled: readonly (string | number)[]): Violation =>
  unsettled.length > 0 ? `promise 8: these requests never settled: ${unsettled.join(', ')}` : null

/** Promise 12: at rest the server has heard of the sign-out. `isAlive`: the cookie of the signed-out session is still good. */
export const cookieIsOver = (isAlive: boolean): Violation =>
  isAlive ? 'promise 12: the cookie of a signed-out session is still good' : null

/** Promise 12: a login that the page makes waits for its calls under way, whose responses would replace the cookie. */
export const sparesLogin = (isReplaced: boolean): Violation =>
  isReplaced ? 'promise 12: an older call of the same page has replaced the cookie of its login' : null
