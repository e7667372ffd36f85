import { type Burst, isBusyBurst, type Route } from './activity.ts'
import { createHeadRow, milestoneBars, refreshBars, tokenBars, updateAxis } from './draw-bars.ts'
import { createRouteView, type RouteView } from './draw-route.ts'
import { joinCounts, make, setText } from './make.ts'
import { createScale, showDuration } from './scale.ts'

/** One burst of activity, drawn to its own scale. */
export interface BurstView {
  readonly element: HTMLDetailsElement
  update(burst: Burst, nowMs: number): void
}

export function createBurstView(burst: Burst): BurstView {
  const title = make('span', 'title')
  const duration = make('span', 'duration')
  const time = make('time', '', [burst.startedAt.toLocaleTimeString()])
  const axis = make('div', 'axis')
  axis.setAttribute('aria-hidden', 'true')
  const heads = { Session: milestoneBars, Token: tokenBars, Refresh: refreshBars }
  const rows = Object.entries(heads).map(([name, barsOf]) => ({ row: createHeadRow(name), barsOf }))
  const list = make('ol', 'routes')
  const plot = make('div', 'plot', [axis, ...rows.map(({ row }) => row.element), list])
  const element = make('details', 'burst', [make('summary', '', [time, title, duration]), plot])
  element.open = true
  const views = new Map<Route, RouteView>()
  let drawn = ''

  return {
    element,
    update(burst, nowMs) {
      const isBusy = isBusyBurst(burst)
      const state = `${burst.version} ${isBusy ? nowMs : ''}`
      if (state === drawn) return
      drawn = state
      const endMs = isBusy ? nowMs : burst.toMs
      const scale = createScale(burst.fromMs, endMs, endMs)
      setText(title, describeBurst(burst))
      setText(duration, showDuration(endMs - burst.fromMs))
      updateAxis(axis, scale)
      for (const { row, barsOf } of rows) row.update(barsOf(burst, scale))
      list.hidden = burst.routes.size === 0
      for (const route of burst.routes.values()) {
        const view = views.get(route) ?? createRouteView()
        if (!views.has(route)) list.append(view.element)
        views.set(route, view)
        view.update(route, scale)
      }
    },
  }
}

/** The burst in one line. */
export function describeBurst({ routes, refreshes, milestones }: Burst): string {
  const sum = (of: (route: Route) => number) => [...routes.values()].reduce((total, route) => total + of(route), 0)
  const calls = sum(({ calls }) => calls)
  const rejected = sum(({ rejected }) => rejected)
  const replayed = sum(({ replayed }) => replayed)
  const told = joinCounts([
    [calls, calls === 1 ? 'request' : 'requests'],
    [rejected, 'rejected'],
    [refreshes.length, refreshes.length === 1 ? 'refresh' : 'refreshes'],
    [replayed, 'replayed'],
  ])
  return told || (milestones.at(-1)?.text ?? '')
}
