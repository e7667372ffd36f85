import { createFlightPainter } from './draw-flights.ts'
import { createTrackPainter } from './draw-tracks.ts'
import { createFlights, type Flight } from './flights.ts'
import { change, createScene, draw } from './scene.ts'
import { createTracks, type RequestEvent } from './tracks.ts'

interface Milestone {
  readonly at: number
  readonly element: SVGElement
}

export interface Timeline {
  request(event: RequestEvent): void
  settled(outcome: Flight['outcome'], backoffMs?: number): void
  /** Those who waited were sent home without an exchange. */
  hindered(): void
  /** The token now in use; `lifetimeMs` is what it has left. */
  holds(generation: number, lifetimeMs: number | null): void
  /** Someone signed in, or the session ended: whatever ran for the one before has come to nothing. */
  milestone(kind: 'signed-in' | 'ended', text: string): void
  /** Stands still so that it can be looked at; what happens meanwhile is kept. */
  pause(paused: boolean): void
}

const stepMs = 1000

/** The drawn timeline. Everything in it comes from the session's events. */
export function createTimeline(svg: SVGSVGElement): Timeline {
  const tracks = createTracks()
  const flights = createFlights()
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  let milestones: Milestone[] = []
  let pausedAt: number | null = null
  let steppedAt = 0

  const scene = createScene(svg, () => {
    trackPainter.paintAll()
    paintFlights()
    for (const { at, element } of milestones) change(element, { transform: `translate(${scene.x(at)} 0)` })
    scene.scrollTo(pausedAt ?? performance.now())
  })
  const paintFlights = createFlightPainter(scene, { flights: () => flights.flights, ribbons: () => flights.ribbons })
  const trackPainter = createTrackPainter(scene, tracks)

  const forget = (now: number) => {
    const { nowX, pixelsPerMs } = scene.geometry
    const gone = now - nowX / pixelsPerMs
    trackPainter.erase(tracks.prune(gone))
    flights.prune(gone)
    for (const { at, element } of milestones) if (at < gone) element.remove()
    milestones = milestones.filter(({ at }) => at >= gone)
  }

  const tick = () => {
    requestAnimationFrame(tick)
    const now = performance.now()
    // Who asked for less motion gets a step each second instead of a stream.
    const waits = calm.matches && now - steppedAt < stepMs
    if (pausedAt !== null || waits) return
    steppedAt = now
    forget(now)
    scene.scrollTo(now)
  }
  requestAnimationFrame(tick)

  return {
    request(event) {
      const at = performance.now()
      const track = tracks.apply(event, at)
      trackPainter.paint(track)
      if (event.step === 'waiting' && event.for === 'refresh') flights.wait(at)
      if (event.step === 'refused') flights.refuse(at, track.generation)
      paintFlights()
    },
    settled(outcome, backoffMs) {
      flights.settle(performance.now(), outcome, backoffMs)
      paintFlights()
    },
    hindered() {
      flights.cancel()
      paintFlights()
    },
    holds(generation, lifetimeMs) {
      const at = performance.now()
      flights.hold(at, generation, lifetimeMs === null ? null : at + lifetimeMs)
      paintFlights()
    },
    milestone(kind, text) {
      const at = performance.now()
      flights.end(at)
      const { rowsTop, rowsHeight } = scene.geometry
      const element = draw(scene.ahead, 'g', { class: `milestone ${kind}`, transform: `translate(${scene.x(at)} 0)` })
      draw(element, 'line', { x1: 0, x2: 0, y1: 8, y2: rowsTop + rowsHeight + 8 })
      draw(element, 'text', { x: -8, y: rowsTop + rowsHeight, class: 'halo', 'text-anchor': 'end' }, text)
      milestones.push({ at, element })
      paintFlights()
    },
    pause(paused) {
      pausedAt = paused ? performance.now() : null
    },
  }
}
