import type { Burst, Milestone, RefreshSpan, TokenSpan } from './activity.ts'
import { make, setText, setVariable, updateChildren } from './make.ts'
import { type Scale, showDuration, ticksOf } from './scale.ts'

/** A bar with words, drawn in HTML so that they are not stretched. */
interface Bar {
  readonly className: string
  readonly from: number
  readonly to: number
  readonly text: string
}

/** The rows above the requests: the token, the refreshes, the people. Each is empty while it has nothing to show. */
export interface HeadRow {
  readonly element: HTMLElement
  update(bars: readonly Bar[]): void
}

export function createHeadRow(title: string): HeadRow {
  const track = make('div', 'track')
  const element = make('div', `row ${title.toLowerCase()}`, [
    make('div', 'label', [make('span', 'name', [title])]),
    track,
  ])
  return {
    element,
    update(bars) {
      element.hidden = bars.length === 0
      updateChildren(track, bars, {
        create: () => make('span', '', [make('span', 'text')]),
        update(child, { className, from, to, text }) {
          // Words at the right end would leave the picture.
          const name = `bar ${className}${from > 620 ? ' flip' : ''}`
          if (child.className !== name) child.className = name
          setVariable(child, '--from', String(from))
          setVariable(child, '--to', String(to))
          if (child.firstElementChild) setText(child.firstElementChild, text)
        },
      })
    },
  }
}

export function tokenBars({ tokens }: Burst, scale: Scale): readonly Bar[] {
  const draw = ({ generation, fromMs, toMs, overMs }: TokenSpan): readonly Bar[] => {
    const endMs = toMs ?? scale.nowMs
    const goodMs = Math.max(fromMs, Math.min(overMs ?? endMs, endMs))
    const bar = { from: scale.x(fromMs), to: scale.x(goodMs), className: 'live', text: `token ${generation}` }
    const over = { from: scale.x(goodMs), to: scale.x(endMs), className: 'over', text: '' }
    return goodMs < endMs ? [bar, over] : [bar]
  }
  return tokens.flatMap(draw)
}

export const refreshBars = ({ refreshes }: Burst, scale: Scale): readonly Bar[] =>
  refreshes.map(refresh => ({
    className: refresh.outcome,
    from: scale.x(refresh.fromMs),
    to: scale.x(refresh.toMs ?? scale.nowMs),
    text: describeRefresh(refresh),
  }))

/** `rejected` alone would read as the outcome. */
const causes: Readonly<Record<RefreshSpan['cause'], string>> = {
  restore: 'at the start',
  expiring: 'ahead of time',
  expired: 'token expired',
  rejected: 'after a 401',
  manual: 'by the app',
}

function describeRefresh({ cause, outcome, reason, fromMs, toMs }: RefreshSpan): string {
  if (outcome === 'adopted') return 'taken over from another tab'
  const duration = toMs === null ? '…' : showDuration(toMs - fromMs)
  return `${causes[cause]} · ${outcome === 'failed' ? `not now: ${reason} · ` : outcome === 'ended' ? `${reason} · ` : ''}${duration}`
}

export const milestoneBars = ({ milestones }: Burst, scale: Scale): readonly Bar[] =>
  milestones.map(({ kind, text, tab, atMs }: Milestone) => ({
    className: `milestone ${kind}`,
    from: scale.x(atMs),
    to: scale.x(atMs),
    text: tab === 'other' ? `${text} in another tab` : text,
  }))

/** The axis: a line and a time for each tick. */
export function updateAxis(axis: HTMLElement, scale: Scale): void {
  updateChildren(axis, ticksOf(scale), {
    create: () => make('span'),
    update(child, atMs) {
      setVariable(child, '--from', String(scale.x(scale.fromMs + atMs)))
      setText(child, showDuration(atMs))
    },
  })
}
