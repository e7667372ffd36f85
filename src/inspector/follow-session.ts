import type { Session } from '../client/session-api.ts'
import type { SessionEvents } from '../session/events.ts'
import { type Activity, createActivity, keep, type Milestone, type RefreshSpan, type TokenSpan } from './activity.ts'
import { createCalls } from './calls.ts'

/** Any client's session, whatever its claims are. */
// biome-ignore lint/suspicious/noExplicitAny: the claims' type is the app's, and nothing here reads them
export type AnySession = Session<any>

export interface Follower {
  readonly activity: Activity
  clear(): void
  /** Stops listening. */
  stop(): void
}

/** Keeps what a session's public events tell, and calls `onChange` after each. Nothing here has seen a token. */
export function followSession(session: AnySession, onChange: () => void): Follower {
  let token: TokenSpan | null = null
  const activity = createActivity(() => token)
  const calls = createCalls(activity)
  const stops: (() => void)[] = []

  function on<Type extends keyof SessionEvents>(
    type: Type,
    follow: (event: SessionEvents[Type], atMs: number) => void,
  ) {
    stops.push(
      session.on(type, event => {
        follow(event, performance.now())
        onChange()
      }),
    )
  }
  const touch = (atMs: number) => {
    const burst = activity.burstAt(atMs)
    burst.toMs = Math.max(burst.toMs, atMs)
    burst.version += 1
    return burst
  }
  const addMilestone = (milestone: Milestone) => keep(touch(milestone.atMs).milestones, milestone)

  on('request', (event, atMs) => {
    calls.apply(event, atMs)
    if (event.step === 'rejected') rejectToken(event.generation, atMs)
  })
  stops.push(followRefreshes(on, { activity, session }, touch))
  followPeople(on, addMilestone)

  function rejectToken(generation: number, atMs: number): void {
    const held = activity.bursts.at(-1)?.tokens.at(-1)
    for (const span of [held, token]) {
      if (span?.generation === generation) span.overMs = Math.min(span.overMs ?? atMs, atMs)
    }
  }
  /** A new token ends the one before it. */
  const showToken = () => {
    const { status, epoch, generation, accessTokenExpiresAtMs: expiresAtMs } = session.getSnapshot()
    const isHeld = status === 'signed-in' || (status === 'reauthenticating' && token !== null)
    const key = isHeld ? `${epoch}.${generation}` : null
    const atMs = performance.now()
    if (key === (token?.key ?? null)) return
    const known = activity.bursts.at(-1)?.tokens.at(-1)
    if (known) known.toMs ??= atMs
    const overMs = expiresAtMs === null ? null : atMs + expiresAtMs - Date.now()
    token = key === null ? null : { key, generation, fromMs: atMs, toMs: null, overMs }
    if (token && activity.bursts.length > 0) {
      const { tokens } = touch(atMs)
      if (tokens.at(-1)?.key !== key) keep(tokens, { ...token })
    }
    onChange()
  }
  stops.push(session.subscribe(showToken))
  showToken()

  return {
    activity,
    clear() {
      activity.clear()
      calls.clear()
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}

type On = <Type extends keyof SessionEvents>(
  type: Type,
  follow: (event: SessionEvents[Type], atMs: number) => void,
) => void
interface Followed {
  readonly activity: Activity
  readonly session: AnySession
}
type Touch = (atMs: number) => { readonly refreshes: RefreshSpan[] }

function followRefreshes(on: On, { activity, session }: Followed, touch: Touch): () => void {
  /** The one that has run longest: where an origin has tokens of its own, several may run. */
  const running = () =>
    activity.bursts.flatMap(({ refreshes }) => refreshes).find(({ outcome }) => outcome === 'running')

  on('refresh-started', ({ cause }, atMs) =>
    keep(touch(atMs).refreshes, { cause, fromMs: atMs, toMs: null, outcome: 'running', reason: null }),
  )
  on('refreshed', ({ cause, tab }, atMs) => {
    const outcome = tab === 'other' ? 'adopted' : 'refreshed'
    const { refreshes } = touch(atMs)
    const span = running()
    if (span) Object.assign(span, { toMs: atMs, outcome })
    else keep(refreshes, { cause, fromMs: atMs, toMs: atMs, outcome, reason: null })
  })
  on('refresh-failed', ({ error }, atMs) => {
    touch(atMs)
    const reason = error.status === null ? error.reason : `${error.reason} ${error.status}`
    Object.assign(running() ?? {}, { toMs: atMs, outcome: 'failed', reason })
  })
  const endAll = (atMs: number, end: Pick<RefreshSpan, 'outcome' | 'reason'>) => {
    for (let span = running(); span; span = running()) Object.assign(span, { toMs: atMs, ...end })
  }
  on('ended', ({ reason }, atMs) => {
    touch(atMs)
    endAll(atMs, { outcome: 'ended', reason })
  })
  // A refresh at the page's start has found the session, or a user has signed in first.
  for (const type of ['restored', 'signed-in'] as const) {
    on(type, ({ tab }, atMs) => endAll(atMs, { outcome: tab === 'other' ? 'adopted' : 'refreshed', reason: null }))
  }
  // It has found no user: no event says so.
  return session.subscribe(() => {
    if (session.status !== 'signed-out') return
    queueMicrotask(() => endAll(performance.now(), { outcome: 'ended', reason: 'no user' }))
  })
}

function followPeople(on: On, add: (milestone: Milestone) => void): void {
  const nameOf = (subject: string | null) => subject ?? 'A user'
  on('signed-in', ({ subject, tab }, atMs) => add({ kind: 'good', text: `${nameOf(subject)} signed in`, tab, atMs }))
  on('restored', ({ subject, from, tab }, atMs) =>
    add({ kind: 'good', text: `${nameOf(subject)} restored from the ${from}`, tab, atMs }),
  )
  on('reauthentication-started', ({ kind, tab }, atMs) =>
    add({ kind: 'neutral', text: kind === 'login' ? 'Login dialog' : 'Step-up dialog', tab, atMs }),
  )
  on('ended', ({ reason, tab }, atMs) =>
    add({ kind: reason === 'signed-out' ? 'neutral' : 'bad', text: `Session ended: ${reason}`, tab, atMs }),
  )
  on('store-failed', ({ operation, tab }, atMs) =>
    add({ kind: 'bad', text: `The store could not ${operation}`, tab, atMs }),
  )
}
