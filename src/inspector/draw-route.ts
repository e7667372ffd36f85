import type { Mark, Route, Segment } from './activity.ts'
import { drawExplanation } from './draw-explanation.ts'
import { joinCounts, make, makeSvg, setText, setVariable } from './make.ts'
import type { Scale } from './scale.ts'

const segmentKinds = ['sending', 'waiting', 'replaying'] as const satisfies readonly Segment['kind'][]
const markKinds = [
  ...(['succeeded', 'replayed', 'proved', 'declined', 'failed', 'rejected'] as const satisfies readonly Mark['kind'][]),
]

/** One row: what it is, what became of it, and a bar for each call. */
export interface RouteView {
  readonly element: HTMLElement
  update(route: Route, scale: Scale): void
}

/** However many bars a row has, they are one path for each kind: ten thousand calls are nine elements. */
export function createRouteView(): RouteView {
  const name = make('span', 'name')
  const tally = make('span', 'tally')
  const bars = makeSvg('svg', 'bars')
  bars.setAttribute('preserveAspectRatio', 'none')
  bars.setAttribute('aria-hidden', 'true')
  const paths = new Map<string, SVGElement>()
  for (const kind of [...segmentKinds, ...markKinds]) {
    const path = makeSvg('path', kind)
    path.setAttribute('vector-effect', 'non-scaling-stroke')
    paths.set(kind, path)
  }
  bars.append(...paths.values())
  const why = make('div', 'why')
  const track = make('div', 'track')
  track.append(bars)
  const element = make('li', 'row', [make('div', 'label', [name, tally]), track, why])
  let drawn = ''

  return {
    element,
    update(route, scale) {
      // What is still on its way grows with each frame.
      const state = `${route.version} ${scale.spanMs} ${route.inFlight > 0 ? scale.nowMs : ''}`
      if (state === drawn) return
      drawn = state
      setText(name, `${route.method} ${route.path}`.trim())
      setText(tally, describeTally(route))
      drawExplanation(why, route)
      const lanes = Math.max(1, route.laneFreeAt.length)
      const pitch = lanes <= 4 ? 12 : lanes <= 16 ? 8 : 5.5
      setVariable(track, '--pitch', String(pitch))
      setVariable(track, '--lanes', String(lanes))
      bars.setAttribute('viewBox', `0 0 1000 ${lanes * pitch}`)
      const y = (lane: number) => (lane + 0.5) * pitch
      const drawings = new Map<string, string>()
      const add = (kind: string, drawing: string) => drawings.set(kind, (drawings.get(kind) ?? '') + drawing)
      for (const { kind, lane, fromMs, toMs } of route.segments) {
        add(kind, `M${scale.x(fromMs)} ${y(lane)}H${scale.x(toMs ?? scale.nowMs)}`)
      }
      // A line of no length with round ends is a dot, whatever the picture is stretched to.
      for (const { kind, lane, atMs } of route.marks) add(kind, `M${scale.x(atMs)} ${y(lane)}h.01`)
      for (const [kind, path] of paths) path.setAttribute('d', drawings.get(kind) ?? '')
    },
  }
}

/** What the bars show, in words: screen readers do not see the bars. */
export function describeTally({ calls, inFlight, rejected, replayed, outcomes, laneFreeAt }: Route): string {
  const drawn = laneFreeAt.length
  return joinCounts([
    [calls > 1 ? calls : 0, 'calls'],
    [inFlight, 'on their way'],
    [rejected, 'rejected'],
    [replayed, 'replayed'],
    ...[...outcomes].map(([outcome, count]) => [count, `× ${outcome}`] as const),
    [calls > drawn * 20 ? drawn : 0, 'at a time drawn'],
  ])
}
