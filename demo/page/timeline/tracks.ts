import { isLatchkeyError, type SessionEvents } from 'latchkey'

export type RequestEvent = SessionEvents['request']

/** A time in which a request did one thing; `to` is `null` while it still does. */
export interface Stretch {
  readonly kind: 'sending' | 'waiting' | 'replaying'
  readonly from: number
  to: number | null
}

export interface Mark {
  /** `proved`: sent once more with a new DPoP proof. */
  readonly kind: 'refused' | 'answered' | 'declined' | 'failed' | 'lost' | 'proved'
  readonly at: number
  readonly replayed: boolean
}

/** One request from its start to its end, in a lane of its own while it runs. */
export interface Track {
  readonly id: number
  readonly title: string
  readonly lane: number
  readonly stretches: Stretch[]
  readonly marks: Mark[]
  /** Of the token it was last sent with. */
  generation: number
  /** Whether the send that its replay told of has been told of, too. */
  isReplaySent: boolean
  endedAt: number | null
}

export interface Tracks {
  /** Adds one step of a request, at `at` ms of the page's clock. */
  apply(event: RequestEvent, at: number): Track
  /** Forgets what ended before `at`; answers what was forgotten. */
  prune(at: number): readonly Track[]
  all(): Iterable<Track>
  /** How many lanes are needed for what is remembered. */
  laneCount(): number
  /** Whether a request is under way. */
  isBusy(): boolean
}

/** So that requests which end at once still lie side by side. */
const gapMs = 250

/** Requests as the session's events tell them. */
export function createTracks(): Tracks {
  const tracks = new Map<number, Track>()
  /** When each lane is free again. */
  const freeAt: number[] = []

  const begin = (event: RequestEvent, at: number): Track => {
    const free = freeAt.findIndex(freed => freed <= at)
    const lane = free === -1 ? freeAt.length : free
    freeAt[lane] = Number.POSITIVE_INFINITY
    const { pathname } = new URL(event.url, location.href)
    const title = `${event.method} ${pathname}`
    const track: Track = {
      id: event.id,
      title,
      lane,
      stretches: [],
      marks: [],
      generation: event.generation,
      isReplaySent: false,
      endedAt: null,
    }
    tracks.set(event.id, track)
    return track
  }

  const end = (track: Track, at: number, kind: Mark['kind'], replayed: boolean) => {
    track.marks.push({ kind, at, replayed })
    track.endedAt = at
    freeAt[track.lane] = at + gapMs
  }

  const apply = (event: RequestEvent, at: number): Track => {
    const track = tracks.get(event.id) ?? begin(event, at)
    // A look into the store is over before an eye sees it, and hangs on no refresh.
    if (event.step === 'waiting' && event.for === 'store') return track
    const last = track.stretches.at(-1)
    // A replay is told before it is sent, and stays a replay.
    if (event.step === 'sent' || event.step === 'replayed') track.generation = event.generation
    const isSending = last !== undefined && last.kind !== 'waiting' && last.to === null
    if (event.step === 'sent' && last?.kind === 'replaying' && isSending && !track.isReplaySent) {
      track.isReplaySent = true
      return track
    }
    if (last) last.to ??= at
    switch (event.step) {
      case 'sent':
        // Sent while it is on its way: the server wanted another DPoP proof.
        if (isSending) track.marks.push({ kind: 'proved', at, replayed: last.kind === 'replaying' })
        track.stretches.push({ kind: isSending ? last.kind : 'sending', from: at, to: null })
        break
      case 'waiting':
        track.stretches.push({ kind: 'waiting', from: at, to: null })
        break
      case 'replayed':
        track.stretches.push({ kind: 'replaying', from: at, to: null })
        break
      case 'rejected':
        track.marks.push({ kind: 'refused', at, replayed: false })
        break
      case 'completed':
        end(track, at, event.status === 401 ? 'refused' : event.status < 400 ? 'answered' : 'declined', event.replayed)
        break
      case 'failed':
        end(track, at, isOver(event.error) ? 'lost' : 'failed', false)
    }
    return track
  }

  return {
    apply,
    prune(at) {
      const gone = [...tracks.values()].filter(({ endedAt }) => endedAt !== null && endedAt < at)
      for (const { id } of gone) tracks.delete(id)
      return gone
    },
    all: () => tracks.values(),
    isBusy: () => [...tracks.values()].some(({ endedAt }) => endedAt === null),
    laneCount: () => 1 + Math.max(-1, ...[...tracks.values()].map(({ lane }) => lane)),
  }
}

const isOver = (error: unknown) => isLatchkeyError(error) && error.code === 'session-ended'
