import type { Random } from '../../support/random.ts'
import { createComputer, type PageLife } from '../../support/worlds/computer.ts'
import { createSharedChannel } from '../../support/worlds/shared-channel.ts'
import { createSharedLock } from '../../support/worlds/shared-lock.ts'
import { createTimeline } from '../../support/worlds/timeline.ts'
import { type AskedRequest, createJudge, type Presentation } from './judge.ts'
import { createNetwork } from './network.ts'
import { openPage, type Page } from './page.ts'
import { createServer } from './server.ts'
import type { DaySettings } from './settings.ts'
import { createSharedStore } from './shared-store.ts'

/** How a page falls asleep. */
export const freezes = ['sudden', 'told', 'cached'] as const

export type World = ReturnType<typeof createWorld>

/** A computer with pages, a network and a server behind it, and somebody who watches over it all. */
export function createWorld(random: Random, settings: DaySettings) {
  const timeline = createTimeline()
  const nowMs = () => timeline.nowMs
  const computer = createComputer(timeline, settings, random)
  const server = createServer(settings, nowMs)
  const judge = createJudge(settings, server, nowMs)
  const network = createNetwork(timeline, computer, settings, random)
  const lock = createSharedLock(settings)
  const channel = createSharedChannel(computer, random)
  const pages: Page[] = []
  const mood = { isOverloaded: false, isCalm: false }
  const store = createSharedStore(timeline, random, (page, former, next, isSigning) => {
    judge.written(page, former, next, isSigning)
    if (next.lease && !next.lease.closed && !mood.isCalm && random.chance(settings.ambushRate)) ambush(page)
  })
  const answers = { server, judge, network, random, nowMs, isOverloaded: () => mood.isOverloaded }

  /** A page that has just leased sleeps or dies: before it sends, while it waits, before it has saved. */
  function ambush(page: PageLife): void {
    timeline.after(random.pick([0, 2, 10, 50, 100, 150]), () => {
      if (random.chance(0.3)) return page.die()
      page.freeze(random.pick(freezes))
      timeline.after(random.between(500, 60_000), page.thaw)
    })
  }

  function open(onLoginRequired: (page: Page) => void): Page {
    const life = computer.openPage(pages.length)
    const page: Page = computer.enter(life, () =>
      openPage({
        life,
        store: store.openFor(life),
        lock: lock.openFor(life),
        judge,
        transport: request => createTransport(life, request, answers),
        subjectOf: token => server.familyOf(token)?.subject ?? null,
        nowMs,
        onLoginRequired: () => onLoginRequired(page),
      }),
    )
    pages.push(page)
    return page
  }

  return {
    settings,
    timeline,
    computer,
    server,
    judge,
    network,
    store,
    channel,
    pages,
    mood,
    open,
    livePages: () => pages.filter(({ life }) => !life.isDead),
    /** Nothing goes wrong from now on. */
    calm() {
      mood.isCalm = true
      mood.isOverloaded = false
      network.isDown = false
      network.isCalm = true
      computer.wake()
      for (const { life } of pages) life.thaw()
    },
  }
}

interface AnswerPorts extends Pick<World, 'server' | 'judge' | 'network'> {
  readonly random: Random
  readonly nowMs: () => number
  readonly isOverloaded: () => boolean
}

/** The network as the client calls it, with the API and the token endpoint at its end. */
function createTransport(life: PageLife, request: AskedRequest | undefined, ports: AnswerPorts): typeof fetch {
  const { server, judge, network } = ports
  return (input, init) => {
    if (String(input).endsWith('auth/refresh')) return refresh(life, String(init?.body), init?.signal, ports)
    const token = new Headers(init?.headers).get('authorization')?.slice('Bearer '.length)
    if (token) judge.sent(life, token, request)
    const answer = () =>
      token && server.accepts(token)
        ? new Response(null, { status: 200 })
        : new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    return network.send(life, answer, init?.signal).answer
  }
}

function refresh(
  page: PageLife,
  body: string,
  signal: AbortSignal | null | undefined,
  { server, judge, network, random, nowMs, isOverloaded }: AnswerPorts,
): Promise<Response> {
  const { refreshToken } = JSON.parse(body) as { refreshToken: string }
  const presentation: Presentation = {
    page,
    token: refreshToken,
    atMs: nowMs(),
    isLost: false,
    isBusy: false,
    retryAfterMs: 0,
    answeredAtMs: Number.POSITIVE_INFINITY,
  }
  judge.presented(presentation)
  const handle = () => {
    presentation.isBusy = isOverloaded()
    if (presentation.isBusy) return answerBusy(presentation, random)
    const tokens = server.refresh(refreshToken)
    return tokens ? Response.json(tokens) : Response.json({ error: 'invalid_grant' }, { status: 400 })
  }
  const passage = network.send(page, handle, signal)
  passage.onEnd(isAnswered => {
    presentation.isLost = !isAnswered
    presentation.answeredAtMs = nowMs()
  })
  return passage.answer
}

function answerBusy(presentation: Presentation, random: Random): Response {
  const status = random.pick([429, 503])
  if (random.chance(0.5)) return new Response(null, { status })
  const seconds = 1 + random.below(20)
  presentation.retryAfterMs = seconds * 1000
  return new Response(null, { status, headers: { 'retry-after': String(seconds) } })
}
