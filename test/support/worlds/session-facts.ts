import type { StoredRecord } from '../../../src/session/session-store.ts'
import * as rules from '../invariants.ts'
import type { PageLife } from './computer.ts'
import type { WorldSettings } from './plan.ts'
import type { Family, Server } from './server.ts'

/** How long news may take: a message, and the look at the store that follows. */
export const newsMs = 2500
/** What Web Storage says of itself (`SessionStore.lagMs`). */
const lagMs = 250
/** How long the call of a sign-out may take. */
const callMs = 15_000

/** What is known of one tab. */
export interface TabFacts {
  readonly number: number
  readonly life: PageLife
  /** The login that its session is of, as its snapshot says. */
  readonly family: () => Family | undefined
  /** Logins whose session was signed out here, and when. */
  readonly left: Map<Family, number>
  /** All logins that its session has been of. */
  readonly chain: Set<Family>
  /** When its session was seen to change. */
  changedAtMs: number
  /** How long dialogs have been open. */
  dialogMs: number
}

export interface SessionFactsPorts {
  readonly settings: WorldSettings
  readonly server: Server
  readonly nowMs: () => number
  readonly check: (violation: rules.Violation) => void
  readonly say: (what: string) => void
  /** What has gone wrong so far: what follows from it is excused. */
  readonly isBroken: { store: boolean; record: boolean; read: boolean; clock: boolean; network: boolean }
}

/** Which sessions there were, in the store and in tabs, and how they came and went. */
export type SessionFacts = ReturnType<typeof createSessionFacts>

export function createSessionFacts({ settings, server, nowMs, check, say, isBroken }: SessionFactsPorts) {
  const { mode } = settings
  const isCookie = mode === 'cookie' || mode === 'bff'
  const storedTokens = new Set<string>()
  /** Logins whose sign-out was stored. */
  const signedOutAtMs = new Map<Family, number>()
  /** Whose page could not tell the others. */
  const tellers = new Map<Family, PageLife>()
  const signOutsAtMs: number[] = []
  const leftBy = new Map<PageLife, Family | undefined>()
  const cookies: { readonly family: Family | undefined; readonly atMs: number }[] = []
  let current: { readonly family: Family | undefined; readonly atMs: number } = { family: undefined, atMs: 0 }
  let rejectedAtMs = Number.NEGATIVE_INFINITY
  let storedEnd: { readonly page: PageLife; readonly reason: string } | undefined

  function familyIn(record: StoredRecord | null): Family | undefined {
    const { scope, claims } = record?.credentials ?? {}
    const number = mode === 'bff' ? claims?.['family'] : scope?.split('-')[1]
    return number === undefined ? undefined : server.families[Number(number)]
  }
  /** Logins of one user continue one session. */
  const isRejected = (chain: readonly Family[], sinceMs: number) =>
    server.families.some(one => (one.rejected || one.revoked) && chain.some(({ person }) => person === one.person)) ||
    (isCookie && rejectedAtMs >= sinceMs)

  /**
   * The response of a refresh that was sent before a newer login has put the cookie of `family` back. Where the server had not heard
   * of the sign-out, it is good, and no page can tell whose login it is.
   */
  const isPutBack = (family: Family): boolean => {
    const newerAt = cookies.findIndex(one => one.family && one.family.number > family.number)
    return newerAt >= 0 && cookies.some((one, at) => at > newerAt && one.family === family)
  }

  const facts = {
    familyIn,
    isPutBack,
    signedOutAtMs,
    /** When the sign-out of a login was stored, if its page lived on to tell the others. */
    toldAtMs(family: Family): number | undefined {
      const [atMs, teller] = [signedOutAtMs.get(family), tellers.get(family)]
      if (atMs === undefined || !teller || teller.isDead || isPutBack(family)) return undefined
      // A call that tells the server takes longer than a message to other tabs.
      const untilMs = atMs + (isCookie ? callMs : newsMs)
      return teller.pauses.some(pause => pause.fromMs < untilMs && pause.toMs > atMs) ? undefined : atMs
    },
    isStored: (token: string | null) => storedTokens.has(token ?? ''),
    /** The login that is stored now, and since when. */
    current: () => current,
    noteSignOut(page: PageLife, family: Family | undefined) {
      signOutsAtMs.push(nowMs())
      leftBy.set(page, family)
    },
    noteRejection() {
      rejectedAtMs = nowMs()
    },
    noteCookie: (family: Family | undefined) => void cookies.push({ family, atMs: nowMs() }),

    written(page: PageLife, former: StoredRecord | null, next: StoredRecord): void {
      const { credentials, endedBy } = next
      const [left, entered] = [familyIn(former), familyIn(next)]
      storedEnd = endedBy && !credentials ? { page, reason: endedBy } : undefined
      // Over Web Storage a tab signs out of what it sees. A login stored a moment before, which it could not see, is a newer one.
      const isSeen = settings.storage === 'atomic' || current.atMs + lagMs < nowMs()
      const others = Object.values(credentials?.audienceTokens ?? {}).map(({ accessToken }) => accessToken)
      for (const token of [credentials?.accessToken, ...others]) if (token) storedTokens.add(token)
      if (left !== entered) {
        say(
          `tab ${page.number} stores ${entered ? `${entered.person} (login ${entered.number})` : `nobody: ${endedBy}`}`,
        )
        current = { family: entered, atMs: nowMs() }
      }
      if (isBroken.store) return
      check(
        rules.staysSignedOut(
          entered !== undefined && (isCookie ? facts.toldAtMs(entered) !== undefined : signedOutAtMs.has(entered)),
        ),
      )
      if (credentials || !left) return
      // A tab that did not know of the user whose cookie it is has signed out another.
      const isMeant = !isCookie || leftBy.get(page)?.person === left.person
      if (endedBy === 'signed-out' && isMeant && isSeen) {
        signedOutAtMs.set(left, nowMs())
        tellers.set(left, page)
      }
      if (endedBy === 'refresh-rejected') check(rules.removedForAReason(isRejected([left], left.atMs)))
    },

    ended(tab: TabFacts, reason: string, family: Family | undefined): void {
      say(`tab ${tab.number}: the session ended by ${reason}`)
      if (!family) return
      const now = tab.family()
      const chain = [...tab.chain]
      const sinceMs = Math.min(...chain.map(({ atMs }) => atMs))
      const isNear = ({ atMs }: { readonly atMs: number }) => atMs >= sinceMs - newsMs
      const others = server.families.filter(one => (one === now || !tab.chain.has(one)) && isNear(one))
      const isOthersCookie = cookies.some(one => isNear(one) && !(one.family && tab.chain.has(one.family)))
      check(
        rules.rightEnd(reason, {
          isRejected: isRejected(chain, sinceMs),
          isSignedOut: signOutsAtMs.some(atMs => atMs >= sinceMs - newsMs),
          isReplaced: others.length > 0 || (isCookie && isOthersCookie),
          isWithoutRefresh: [...chain, ...others].some(one => one.current === 0),
          isStoreLost: isBroken.store,
          isRecordLost: isBroken.record,
          storedByOther: storedEnd && storedEnd.page !== tab.life ? storedEnd.reason : undefined,
        }),
      )
      tab.chain.clear()
      if (now) tab.chain.add(now)
    },
  }
  return facts
}
