import { change, draw, flightHeight, flightTop, type Scene, untilNow } from './scene.ts'
import type { Track, Tracks } from './tracks.ts'

export interface TrackPainter {
  paint(track: Track): void
  paintAll(): void
  erase(gone: readonly Track[]): void
}

/** Draws each request as a line, with a string up to the refresh it hangs on. */
export function createTrackPainter(scene: Scene, tracks: Tracks): TrackPainter {
  const groups = new Map<number, SVGElement>()
  let lanes = 0

  const rowHeight = () => Math.min(24, scene.geometry.rowsHeight / Math.max(lanes, 1))

  const paintOne = (track: Track) => {
    const group = groups.get(track.id) ?? draw(scene.past, 'g', { class: 'track' })
    groups.set(track.id, group)
    group.replaceChildren()
    draw(group, 'title', {}, track.title)
    const row = rowHeight()
    const y = (track.lane + 0.5) * row + scene.geometry.rowsTop
    const thickness = Math.max(2, Math.min(6.5, row * 0.62))
    change(group, { transform: `translate(0 ${y})` })
    paintStrings(group, track, y)
    paintStretches(group, track, thickness)
    paintMarks(group, track, thickness)
  }

  const paintStrings = (group: Element, { stretches }: Track, y: number) => {
    for (const { kind, from } of stretches) {
      if (kind !== 'waiting') continue
      const x = scene.x(from)
      draw(group, 'line', { x1: x, x2: x, y1: 0, y2: flightTop + flightHeight - y, class: 'string' })
    }
  }

  const paintStretches = (group: Element, { stretches }: Track, thickness: number) => {
    for (const { kind, from, to } of stretches) {
      const x = scene.x(from)
      const width = to === null ? untilNow : Math.max(scene.x(to) - x, 1)
      const height = kind === 'waiting' ? Math.max(1.5, thickness * 0.5) : thickness
      draw(group, 'rect', { x, y: -height / 2, width, height, rx: Math.min(height / 2, width / 2), class: kind })
    }
  }

  const paintMarks = (group: Element, { marks }: Track, thickness: number) => {
    const size = thickness * 0.5 + 1.2
    for (const { kind, at, replayed } of marks) {
      const x = scene.x(at)
      if (kind === 'failed' || kind === 'lost') {
        const d = `M${x} ${-size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`
        draw(group, 'path', { d, class: `mark-${kind}` })
      } else {
        draw(group, 'circle', { cx: x, cy: 0, r: size, class: `mark-${kind}${replayed ? ' replayed' : ''}` })
      }
    }
  }

  const paintAll = () => {
    for (const track of tracks.all()) paintOne(track)
  }

  /** Fewer lanes are drawn taller. Answers whether that made it paint. */
  const fitLanes = (): boolean => {
    const needed = tracks.laneCount()
    if (needed === lanes) return false
    lanes = needed
    paintAll()
    return true
  }

  return {
    paintAll,
    paint(track) {
      if (!fitLanes()) paintOne(track)
    },
    erase(gone) {
      for (const { id } of gone) {
        groups.get(id)?.remove()
        groups.delete(id)
      }
      if (gone.length > 0) fitLanes()
    },
  }
}
