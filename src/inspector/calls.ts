import type { SessionEvents } from '../session/events.ts'
import type { Activity, Burst, Mark, Route, Segment } from './activity.ts'

type RequestEvent = SessionEvents['request']

/** One call on its way. */
interface Call {
  readonly burst: Burst
  readonly route: Route
  /** `null`: counted, not drawn. */
  readonly lane: number | null
  current: Segment | null
  isReplay: boolean
}

/** The most calls that are drawn side by side in one row. Further calls are only counted. */
const mostLanes = 60
const mostSegments = 1500
/** A lane is free only this long after its last call, so that short calls at the same time are still drawn side by side. */
const laneGapMs = 40

const notes: Readonly<Record<string, string>> = {
  'signed-out': 'Sent without a token: no user is signed in.',
  'untrusted-origin': 'Sent without a token: this origin is not in trustedOrigins.',
  'own-authorization': 'Sent with an Authorization header of its own.',
  'auth-false': 'Sent without a token: auth: false.',
  'no-cors': 'Sent without a token: mode no-cors forbids it.',
  'one-shot-body': 'Not sent again: a stream can be sent once. Pass replay.',
  keepalive: 'Not sent again: keepalive requests do not wait.',
  'replay-false': 'Not sent again: replay: false.',
  'circuit-open': 'Not refreshed: refreshes have not helped lately.',
}

/** Draws each step of each request into the burst it began in. */
export function createCalls(activity: Activity) {
  const calls = new Map<number, Call>()

  const begin = (event: RequestEvent, atMs: number): Call => {
    const burst = activity.burstAt(atMs)
    const route = activity.routeOf(burst, event)
    const call: Call = { burst, route, lane: takeLane(burst, route, atMs), current: null, isReplay: false }
    burst.inFlight += 1
    route.inFlight += 1
    route.calls += 1
    calls.set(event.id, call)
    return call
  }

  return {
    /** Adds one step. */
    apply(event: RequestEvent, atMs: number): void {
      const call = calls.get(event.id) ?? begin(event, atMs)
      const { burst, route } = call
      applyStep(call, event, atMs)
      burst.toMs = Math.max(burst.toMs, atMs)
      route.version += 1
      burst.version += 1
      if (event.step !== 'completed' && event.step !== 'failed') return
      calls.delete(event.id)
      burst.inFlight -= 1
      route.inFlight -= 1
      if (call.lane !== null) route.laneFreeAt[call.lane] = atMs + laneGapMs
    },
    clear: () => calls.clear(),
  }
}

function takeLane(burst: Burst, { laneFreeAt }: Route, atMs: number): number | null {
  if (burst.segments >= mostSegments) return null
  const free = laneFreeAt.findIndex(freeAt => freeAt <= atMs)
  const lane = free === -1 ? laneFreeAt.length : free
  if (lane >= mostLanes) return null
  laneFreeAt[lane] = Number.POSITIVE_INFINITY
  return lane
}

function applyStep(call: Call, event: RequestEvent, atMs: number): void {
  const { route } = call
  switch (event.step) {
    case 'sent':
      if (event.credentials === 'none') route.note = notes[event.reason] ?? null
      // Sent while it is on its way: the server wanted another DPoP proof.
      if (call.current && call.current.kind !== 'waiting') mark(call, 'proved', atMs)
      open(call, call.isReplay ? 'replaying' : 'sending', atMs)
      break
    case 'waiting':
      // A look into the store is too short to be seen.
      if (event.for !== 'store') open(call, 'waiting', atMs)
      break
    case 'rejected':
      route.rejected += 1
      close(call, 'rejected', atMs)
      break
    case 'replayed':
      call.isReplay = true
      route.replayed += 1
      break
    case 'completed':
      end(call, event, atMs)
      break
    case 'failed':
      count(route, codeOf(event.error))
      close(call, 'failed', atMs)
  }
}

function end(call: Call, event: RequestEvent & { readonly step: 'completed' }, atMs: number): void {
  const { status, notReplayable, notRefreshed, replayed } = event
  const why = notReplayable ?? notRefreshed
  if (why) call.route.note = notes[why] ?? null
  count(call.route, String(status))
  close(call, status === 401 ? 'rejected' : status >= 400 ? 'declined' : replayed ? 'replayed' : 'succeeded', atMs)
}

function open(call: Call, kind: Segment['kind'], atMs: number): void {
  close(call, null, atMs)
  if (call.lane === null) return
  call.current = { kind, lane: call.lane, fromMs: atMs, toMs: null }
  call.route.segments.push(call.current)
  call.burst.segments += 1
}

function close(call: Call, kind: Mark['kind'] | null, atMs: number): void {
  if (call.current) call.current.toMs = atMs
  call.current = null
  if (kind) mark(call, kind, atMs)
}

function mark({ lane, route }: Call, kind: Mark['kind'], atMs: number): void {
  if (lane !== null) route.marks.push({ kind, lane, atMs })
}

const count = ({ outcomes }: Route, outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)

/** Our errors have a code, the browser's own a name. Never the message: it may quote anything. */
function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'failed'
}
