import { createFlightPainter } from './draw-flights.ts'
import { createTrackPainter } from './draw-tracks.ts'
import { createFlights, type Flight } from './flights.ts'
import { createMilestones, type MilestoneKind } from './milestones.ts'
import { createPictureTime } from './picture-time.ts'
import { createScene } from './scene.ts'
import { createTracks, type RequestEvent } from './tracks.ts'

export interface Timeline {
  request(event: RequestEvent): void
  settled(outcome: Flight['outcome'], backoffMs?: number): void
  /** Those who waited were sent home without an exchange. */
  hindered(): void
  /** The token now in use; `lifetimeMs` is what it has left. */
  holds(generation: number, lifetimeMs: number | null): void
  /** Someone signed in, or the session ended: whatever ran for the one before has come to nothing. */
  milestone(kind: MilestoneKind, text: string): void
  /** Stands still so that it can be looked at; what happens meanwhile is kept. */
  pause(paused: boolean): void
}

/** The drawn timeline. Everything in it comes from the session's events; while there are none, it stands still. */
export function createTimeline(svg: SVGSVGElement): Timeline {
  const tracks = createTracks()
  const flights = createFlights()
  const scene = createScene(svg, () => {
    trackPainter.paintAll()
    paintFlights()
    milestones.placeAll()
    scroll.settle()
  })
  const time = createPictureTime(() => tracks.isBusy() || flights.isBusy())
  const paintAllFlights = createFlightPainter(scene, flights)
  const paintFlights = () => {
    flights.keepTime(time.now())
    paintAllFlights()
  }
  const trackPainter = createTrackPainter(scene, tracks)
  const milestones = createMilestones(scene)
  /** Something happens: the picture moves again. Returns its time. */
  const happen = () => {
    time.wake()
    return time.now()
  }
  const scroll = createScroll(time.now, now => {
    const gone = now - scene.geometry.nowX / scene.geometry.pixelsPerMs
    trackPainter.erase(tracks.prune(gone))
    flights.prune(gone)
    milestones.prune(gone)
    scene.scrollTo(now)
  })

  return {
    request(event) {
      const at = happen()
      const track = tracks.apply(event, at)
      trackPainter.paint(track)
      if (event.step === 'waiting' && event.for === 'refresh') flights.wait(at)
      if (event.step === 'rejected') flights.refuse(at, track.generation)
      paintFlights()
    },
    settled(outcome, backoffMs) {
      flights.settle(happen(), outcome, backoffMs)
      paintFlights()
    },
    hindered() {
      flights.cancel()
      paintFlights()
    },
    holds(generation, lifetimeMs) {
      const at = happen()
      flights.hold(at, generation, lifetimeMs === null ? null : at + lifetimeMs)
      paintFlights()
    },
    milestone(kind, text) {
      const at = happen()
      flights.end(at)
      milestones.add(at, kind, text)
      paintFlights()
    },
    pause: scroll.pause,
  }
}

const stepMs = 1000

/** Calls `show` with the time that stands at "now": in each frame, or in steps for who asked for less motion. */
function createScroll(timeNow: () => number, show: (now: number) => void) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  let pausedAt: number | null = null
  let shownAt = 0

  const tick = () => {
    requestAnimationFrame(tick)
    const now = timeNow()
    if (pausedAt !== null || (calm.matches && now - shownAt < stepMs)) return
    shownAt = now
    show(now)
  }
  requestAnimationFrame(tick)

  return {
    pause(paused: boolean): void {
      pausedAt = paused ? timeNow() : null
    },
    /** Shows the same time again, on a scene that has changed its size. */
    settle(): void {
      show(pausedAt ?? timeNow())
    },
  }
}
