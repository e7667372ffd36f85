import { type Burst, isBusyBurst } from './activity.ts'
import { type BurstView, createBurstView } from './draw-burst.ts'
import { createHead, type Head } from './draw-head.ts'
import type { Explain } from './explain.ts'
import type { InspectedExplanation } from './explanation.ts'
import { type AnySession, type Follower, followSession } from './follow-session.ts'
import { make, setText } from './make.ts'
import { createTicker } from './ticker.ts'

/** The inspector's inside. Between `close` and `show` it listens to nothing and has no timer. */
export interface Panel {
  show(session: AnySession | null, explain: Explain | null): void
  close(): void
  pause(paused: boolean): void
  clear(): void
}

const legend = [
  ['sending', 'on its way'],
  ['rejected', '401'],
  ['waiting', 'waiting'],
  ['replaying', 'replayed'],
  ['failed', 'failed'],
  ['proved', 'new DPoP proof'],
] as const
const invitation = 'Nothing has happened yet.'

export function createPanel(root: ShadowRoot, onPause: (paused: boolean) => void): Panel {
  const head = createHead()
  const bursts = make('div', 'bursts')
  const empty = make('p', 'empty', [invitation])
  const list = make(
    'ul',
    'legend',
    legend.map(([kind, text]) => make('li', kind, [text])),
  )
  const region = make('section', '', [head.element, empty, bursts, list])
  region.ariaLabel = 'latchkey inspector'
  root.append(region)

  const views = new Map<number, BurstView>()
  let follower: Follower | null = null
  let session: AnySession | null = null
  let stopExplaining = () => {}
  let isPaused = false

  const ticker = createTicker(draw)
  /** @returns in how many milliseconds it is to be drawn again; `null`: when something happens. */
  function draw(): number | null {
    const isTimed = head.update(session)
    const shown = follower?.activity.bursts ?? []
    empty.hidden = shown.length > 0
    list.hidden = shown.length === 0
    const nowMs = performance.now()
    for (const [id, { element }] of views) {
      if (shown.some(burst => burst.id === id)) continue
      element.remove()
      views.delete(id)
    }
    for (const burst of shown) {
      const view = views.get(burst.id) ?? addView(burst)
      view.update(burst, nowMs)
    }
    if (isPaused) return null
    if (shown.some(burst => isBusyBurst(burst) && nowMs - burst.fromMs < 10_000)) return 0
    return isTimed || follower?.activity.isBusy() ? 1000 : null
  }
  /** The newest is on top. The others are closed, and can be opened again. */
  function addView(burst: Burst): BurstView {
    for (const { element } of views.values()) element.open = false
    const view = createBurstView(burst)
    views.set(burst.id, view)
    bursts.prepend(view.element)
    return view
  }
  const change = () => {
    if (!isPaused) ticker.soon()
  }
  const clear = () => {
    follower?.clear()
    ticker.now()
  }
  head.pause.addEventListener('click', () => onPause(!isPaused))
  head.clear.addEventListener('click', clear)

  function tell(explanation: InspectedExplanation): void {
    // It comes after the response, perhaps after a probe: a newer burst may have begun.
    for (const key of [`${explanation.method} ${explanation.url}`, ...(explanation.routes ?? [])]) {
      const burst = follower?.activity.bursts.findLast(({ routes }) => routes.has(key))
      const route = burst?.routes.get(key)
      if (!burst || !route) continue
      route.explanation = explanation
      route.version += 1
      burst.version += 1
    }
    change()
  }
  return {
    show(shown, explain) {
      session = shown
      follower = shown && followSession(shown, change)
      stopExplaining = (shown && explain?.({ session: shown }, { tell })) ?? (() => {})
      ticker.now()
    },
    close() {
      follower?.stop()
      stopExplaining()
      ticker.stop()
    },
    pause(paused) {
      isPaused = paused
      showPaused(head, paused)
      if (paused) ticker.stop()
      else ticker.now()
    },
    clear,
  }
}

function showPaused({ pause }: Head, paused: boolean): void {
  pause.ariaPressed = String(paused)
  setText(pause, paused ? 'Resume' : 'Pause')
}
