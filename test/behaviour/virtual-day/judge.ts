import type { EndReason } from '../../../src/errors.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import type { PageLife } from '../../support/worlds/computer.ts'
import type { Family, Server } from './server.ts'
import type { DaySettings } from './settings.ts'

/** One presentation of a refresh token, as it really went. */
export interface Presentation {
  readonly page: PageLife
  readonly token: string
  readonly atMs: number
  /** The page did not learn of the answer, or gave up before it came. */
  isLost: boolean
  /** The server did not rotate: 503. */
  isBusy: boolean
  /** What the server asked for then. */
  retryAfterMs: number
  answeredAtMs: number
}

export interface AskedRequest {
  readonly page: PageLife
  readonly atMs: number
  readonly awakeMs: number
  /** Whose it is; `null` if nobody was signed in, or it was not known yet. */
  readonly subject: string | null
  isSettled: boolean
}

/** Watches over a day, and knows everything: what each invariant of the model means in it. */
export interface Judge {
  presented(presentation: Presentation): void
  sent(page: PageLife, accessToken: string, request: AskedRequest | undefined): void
  written(page: PageLife, former: StoredRecord | null, next: StoredRecord, isSigning: boolean): void
  wiped(former: StoredRecord | null): void
  /** A person is about to sign out there; the tokens it holds. */
  leaving(page: PageLife, refreshToken: string | null): void
  ended(page: PageLife, reason: EndReason, refreshToken: string | null, isOwnDoing: boolean): void
  settled(request: AskedRequest): void
  /** Something after which counts and times begin anew. */
  upset(): void
  readonly violations: readonly string[]
  readonly presentations: number
  readonly again: number
}

/** How long news may take: a slow store, a message, and the look at the store that follows. */
const newsMs = 2500
/** Claiming before the send and saving after the answer belong to a refresh. */
const aroundMs = 3000
const longestWaitMs = 120_000
const windowMs = 30_000
const mostInWindow = 10

export function createJudge(settings: DaySettings, server: Server, nowMs: () => number): Judge {
  const violations: string[] = []
  const byToken = new Map<string, Presentation[]>()
  const signingOut = new Map<PageLife, Family | undefined>()
  /** Sign-outs whose tab fell asleep or died before it could tell the others. */
  const untold = new Map<Family, PageLife>()
  let recent: number[] = []
  let upsetAtMs = 0
  let presentations = 0
  let again = 0
  const accuse = (what: string) => void violations.push(`${Math.round(nowMs())} ms: ${what}`)
  const familyIn = (record: StoredRecord | null) => server.familyOf(record?.credentials?.refreshToken)

  const wasPaused = (page: PageLife, fromMs: number, toMs: number) =>
    page.pauses.some(pause => pause.fromMs < toMs && pause.toMs > fromMs)

  /** Promise 4: again only after its refresh was lost, or its tab died or slept through it. */
  function isExcused({ page, atMs, isLost, isBusy, answeredAtMs }: Presentation): boolean {
    const untilMs = Math.min(nowMs(), answeredAtMs + aroundMs)
    return isLost || isBusy || page.isDead || wasPaused(page, atMs - aroundMs, untilMs)
  }

  /** Promise 8: the backoff honours `Retry-After`, and is shared by all tabs. */
  const isTooEarly = ({ page, atMs, isBusy, isLost, retryAfterMs, answeredAtMs }: Presentation): boolean =>
    isBusy &&
    !isLost &&
    answeredAtMs <= nowMs() &&
    upsetAtMs < answeredAtMs &&
    nowMs() < answeredAtMs + retryAfterMs &&
    !page.isDead &&
    !wasPaused(page, atMs, answeredAtMs + aroundMs)

  function checkRate(): void {
    const now = nowMs()
    recent = [...recent.filter(time => now - time < windowMs), now]
    if (recent.length > mostInWindow) accuse(`${recent.length} refreshes in 30 s (promise 5)`)
  }

  const isSignedOut = (family: Family | undefined, sinceMs: number) =>
    family !== undefined && family.signedOutAtMs + sinceMs < nowMs()

  function isRightEnd(reason: EndReason, family: Family | undefined): boolean {
    const now = nowMs()
    const isLeft = family === undefined || family.leftAtMs <= now
    if (reason === 'signed-out') return isLeft || family.signedOutAtMs <= now
    if (reason === 'refresh-rejected') return isLeft || family.revoked || settings.reuse === 'lenient'
    return reason === 'replaced' && isLeft
  }

  return {
    violations,
    get presentations() {
      return presentations
    },
    get again() {
      return again
    },
    presented(presentation) {
      const before = byToken.get(presentation.token) ?? []
      byToken.set(presentation.token, [...before, presentation])
      presentations += 1
      if (before.length > 0) again += 1
      const guilty = before.find(other => !isExcused(other))
      if (guilty)
        accuse(
          `I1 ${presentation.token} is presented by ${presentation.page.number}, as it was by ${guilty.page.number} at ${Math.round(guilty.atMs)}`,
        )
      const early = before.find(other => isTooEarly(other))
      if (early) accuse(`${presentation.token} is presented before the server's Retry-After is over (promise 8)`)
      checkRate()
    },
    sent(page, accessToken, request) {
      const family = server.familyOf(accessToken)
      if (!family) return accuse(`an unknown token is sent: ${accessToken}`)
      if (request?.subject && request.subject !== family.subject) {
        accuse(`I4 a request of ${request.subject} is sent as ${family.subject}`)
      }
      const teller = untold.get(family)
      const isTold =
        !teller || !(teller.isDead || wasPaused(teller, family.signedOutAtMs, family.signedOutAtMs + newsMs))
      if (isTold && isSignedOut(family, newsMs) && page.wokeAtMs + newsMs < nowMs()) {
        accuse(`page ${page.number} sends ${accessToken}, signed out at ${Math.round(family.signedOutAtMs)}`)
      }
    },
    written(page, former, next, isSigning) {
      const [left, entered] = [familyIn(former), familyIn(next)]
      if (isSignedOut(entered, -1)) accuse(`I3 tokens of a signed-out session are stored by page ${page.number}`)
      if (left && left !== entered) left.leftAtMs = Math.min(left.leftAtMs, nowMs())
      if (isSigning) {
        if (entered) return
        for (const family of [left, signingOut.get(page)]) {
          if (!family) continue
          family.signedOutAtMs = Math.min(family.signedOutAtMs, nowMs())
          untold.set(family, page)
        }
      } else if (left && !entered && !left.revoked && settings.reuse !== 'lenient') {
        accuse(`I2 the live session of ${left.subject} is removed by page ${page.number}`)
      }
    },
    wiped(former) {
      const family = familyIn(former)
      if (family) family.leftAtMs = Math.min(family.leftAtMs, nowMs())
    },
    leaving(page, refreshToken) {
      signingOut.set(page, server.familyOf(refreshToken))
    },
    ended(page, reason, refreshToken, isOwnDoing) {
      const family = server.familyOf(refreshToken)
      if (isOwnDoing || isRightEnd(reason, family)) return
      accuse(`I2 page ${page.number} ends the session of ${family?.subject} (${refreshToken}): ${reason}`)
    },
    settled(request) {
      request.isSettled = true
      const waitedMs = request.page.awakeMs() - request.awakeMs
      if (waitedMs > longestWaitMs)
        accuse(`I5 a request of page ${request.page.number} waited ${Math.round(waitedMs)} ms`)
    },
    upset() {
      recent = []
      upsetAtMs = nowMs()
    },
  }
}
