import { createExplanation, type Explanation } from './explanation.ts'
import type { ChallengeFacts, Facts } from './facts.ts'
import { originOf } from './questions.ts'

/** One finished request: its facts so far, and how to get the rest. */
export interface Case {
  readonly facts: Facts
  /** The rest takes time: the body's text, the probe. Never rejects. Called for the first case of a kind alone. */
  complete(): Promise<Facts>
}

interface Kind {
  readonly routes: Set<string>
  requests: number
  reports: number
  isCollecting: boolean
}

/** How long cases of one kind are collected before they are reported as one. */
const collectMs = 100
/** How long the same kind is not reported again, unless for another route. */
const quietMs = 30_000
const mostRoutes = 5
const mostReports = 3

const ids = /\/(\d+|[\da-f]{8,}|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})(?=\/|$)/gi

/** URLs that differ only in an id are one route. */
const routeOf = ({ method, url }: Facts) => `${method} ${url.replace(ids, '/:id')}`

/** Servers write times and ids of requests into their texts. What differs in such words alone is said once. */
const withoutNumbers = ({ description, ...challenge }: ChallengeFacts) => [
  challenge,
  description?.replace(/\w+/g, word => (/\d/.test(word) ? '0' : word)),
]

/** What two cases must share to be reported as one. */
const kindOf = ({ url, sent, response, refresh, history }: Facts): string =>
  JSON.stringify([
    originOf(url),
    sent,
    response && [response.status, response.type, response.contentType, response.redirectedTo],
    response?.challenges.map(withoutNumbers),
    [refresh.outcome, refresh.reason, refresh.isReplayed, refresh.notReplayable, refresh.isSameToken],
    history.isOtherSession,
  ])

/** Reports each kind of case once, however many there are. */
export function createGroups(report: (explanation: Explanation) => void) {
  const kinds = new Map<string, Kind>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let isStopped = false

  function later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, delayMs)
    timers.add(timer)
  }

  function collect(kind: Kind, { complete }: Case): void {
    kind.isCollecting = true
    kind.reports += 1
    const completing = complete()
    later(collectMs, async () => {
      const facts = await completing
      kind.isCollecting = false
      if (!isStopped) report(createExplanation(facts, [...kind.routes].slice(0, mostRoutes), kind.requests))
    })
  }

  return {
    add(one: Case): void {
      const name = kindOf(one.facts)
      const route = routeOf(one.facts)
      let kind = kinds.get(name)
      if (!kind) {
        kind = { routes: new Set(), requests: 0, reports: 0, isCollecting: false }
        kinds.set(name, kind)
        later(quietMs, () => kinds.delete(name))
      }
      const isNew = !kind.routes.has(route)
      if (kind.routes.size < 100) kind.routes.add(route)
      kind.requests += 1
      if (isNew && !kind.isCollecting && kind.reports < mostReports) collect(kind, one)
    },
    stop(): void {
      isStopped = true
      for (const timer of timers) clearTimeout(timer)
      kinds.clear()
    },
  }
}
