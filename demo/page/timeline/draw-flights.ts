import type { Flight, Flights, Ribbon } from './flights.ts'
import { draw, flightHeight, flightLabelY, flightTop, ribbonHeight, ribbonTop, type Scene, untilNow } from './scene.ts'

const letterWidth = 7

/** Draws the tokens' lives and, below them, the refreshes. There are few, so all are drawn anew each time. */
export function createFlightPainter(scene: Scene, model: Pick<Flights, 'flights' | 'ribbons'>): () => void {
  const open = draw(scene.past, 'g')
  const closed = draw(scene.ahead, 'g')

  const paintRibbon = ({ generation, from, expiresAt, refusedAt, to }: Ribbon) => {
    const start = scene.x(from)
    const end = Math.min(
      scene.x(to ?? from + untilNow * 1000),
      expiresAt === null ? Number.POSITIVE_INFINITY : scene.x(expiresAt),
    )
    const good = refusedAt === null ? end : Math.min(end, scene.x(refusedAt))
    const box = { y: ribbonTop, height: ribbonHeight, rx: 5 }
    draw(closed, 'rect', { ...box, x: start, width: Math.max(good - start - 1, 0), class: 'ribbon' })
    if (good < end) draw(closed, 'rect', { ...box, x: good, width: end - good - 1, class: 'ribbon refused' })
    if (end - start < 64) return
    draw(closed, 'text', { x: start + 9, y: ribbonTop + 16, class: 'ribbon-label' }, `token ${generation}`)
  }

  const paintFlight = (flight: Flight, next: Flight | undefined) => {
    const x = scene.x(flight.from)
    const end = flight.to === null ? x + untilNow : scene.x(flight.to)
    const width = Math.max(end - x, flight.to === flight.from ? flightHeight : 3)
    const box = { x, y: flightTop, width, height: flightHeight, rx: Math.min(5, width / 2) }
    draw(flight.to === null ? open : closed, 'rect', { ...box, class: `flight ${flight.outcome}` })
    if (flight.backoffUntil !== null) {
      const y = flightTop + flightHeight / 2
      draw(closed, 'line', { x1: end + 5, x2: scene.x(flight.backoffUntil), y1: y, y2: y, class: 'backoff' })
    }
    const label = labelOf(flight, scene.geometry.isNarrow)
    // A label gives way to the next one instead of lying under it.
    if (next && scene.x(next.from) - x < label.length * letterWidth) return
    draw(closed, 'text', { x, y: flightLabelY, class: 'flight-label halo' }, label)
  }

  return () => {
    open.replaceChildren()
    closed.replaceChildren()
    for (const ribbon of model.ribbons) paintRibbon(ribbon)
    const all = model.flights
    for (const [index, flight] of all.entries()) paintFlight(flight, all[index + 1])
  }
}

function labelOf({ outcome, waited, from, to }: Flight, isNarrow: boolean): string {
  if (isNarrow && waited > 0 && outcome !== 'refused') return `${waited} held`
  const held = waited === 0 ? '' : ` · ${waited} held`
  const took = to === null || to === from ? '' : ` · ${((to - from) / 1000).toFixed(1)} s`
  if (outcome === 'running') return `one exchange${held}`
  if (outcome === 'adopted') return isNarrow ? 'adopted' : `from another tab${held}`
  if (outcome === 'failed') return `not now${held}`
  if (outcome === 'refused') return 'refused'
  return waited === 0 ? 'in the background' : `one exchange${held}${took}`
}
