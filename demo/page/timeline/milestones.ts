import { change, draw, type Scene } from './scene.ts'

export type MilestoneKind = 'signed-in' | 'signed-out' | 'ended'

/** Lines across all lanes: someone signed in, or the session ended. */
export function createMilestones(scene: Scene) {
  let milestones: { readonly at: number; readonly element: SVGElement }[] = []
  const place = (at: number) => ({ transform: `translate(${scene.x(at)} 0)` })

  return {
    add(at: number, kind: MilestoneKind, text: string): void {
      const { rowsTop, rowsHeight } = scene.geometry
      const element = draw(scene.ahead, 'g', { class: `milestone ${kind}`, ...place(at) })
      draw(element, 'line', { x1: 0, x2: 0, y1: 8, y2: rowsTop + rowsHeight + 8 })
      draw(element, 'text', { x: -8, y: rowsTop + rowsHeight, class: 'halo', 'text-anchor': 'end' }, text)
      milestones.push({ at, element })
    },
    placeAll(): void {
      for (const { at, element } of milestones) change(element, place(at))
    },
    prune(before: number): void {
      for (const { at, element } of milestones) if (at < before) element.remove()
      milestones = milestones.filter(({ at }) => at >= before)
    },
  }
}
