const namespace = 'http://www.w3.org/2000/svg'

type Attributes = Readonly<Record<string, string | number>>

/** Adds an SVG element to `parent`. */
export function draw(parent: Element, name: string, attributes: Attributes = {}, text?: string): SVGElement {
  const element = document.createElementNS(namespace, name)
  change(element, attributes)
  if (text !== undefined) element.textContent = text
  parent.append(element)
  return element
}

export function change(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
}

/** Where things stand, in pixels. */
export interface Geometry {
  readonly width: number
  readonly isNarrow: boolean
  readonly left: number
  readonly nowX: number
  readonly pixelsPerMs: number
  readonly rowsTop: number
  readonly rowsHeight: number
}

export const ribbonTop = 12
export const ribbonHeight = 24
export const flightLabelY = 58
export const flightTop = 65
export const flightHeight = 15
/** Longer than any screen: what is still going on is drawn to here, and clipped at "now". */
export const untilNow = 100_000

export interface Scene {
  geometry: Geometry
  /** What moves with time: `ahead` may reach into the future, `past` is cut at "now". */
  readonly ahead: SVGElement
  readonly past: SVGElement
  /** Scrolls so that `now` stands at the now line. */
  scrollTo(now: number): void
  x(at: number): number
}

/** Axis, lanes, clips and the two moving layers; `onResize` is told when everything has to be placed anew. */
export function createScene(svg: SVGSVGElement, onResize: () => void): Scene {
  const definitions = draw(svg, 'defs')
  const hatch = { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }
  draw(draw(definitions, 'pattern', hatch), 'path', { d: 'M0 0V6', class: 'hatch-line' })
  const aheadClip = draw(draw(definitions, 'clipPath', { id: 'ahead-clip' }), 'rect', { height: '100%' })
  const pastClip = draw(draw(definitions, 'clipPath', { id: 'past-clip' }), 'rect', { height: '100%' })
  const axis = draw(svg, 'g')
  const past = draw(draw(svg, 'g', { 'clip-path': 'url(#past-clip)' }), 'g')
  const ahead = draw(draw(svg, 'g', { 'clip-path': 'url(#ahead-clip)' }), 'g')
  const front = draw(svg, 'g')

  const scene: Scene = {
    geometry: measure(svg),
    ahead,
    past,
    x: at => Math.round(at * scene.geometry.pixelsPerMs * 10) / 10,
    scrollTo(now) {
      const shift = `translate(${scene.geometry.nowX - scene.x(now)} 0)`
      ahead.setAttribute('transform', shift)
      past.setAttribute('transform', shift)
    },
  }

  const layOut = () => {
    scene.geometry = measure(svg)
    const { left, nowX, width } = scene.geometry
    change(aheadClip, { x: left, width: width - left })
    change(pastClip, { x: left, width: nowX - left })
    drawAxis(axis, front, scene.geometry)
  }
  layOut()
  new ResizeObserver(() => {
    layOut()
    onResize()
  }).observe(svg)
  return scene
}

function measure(svg: SVGSVGElement): Geometry {
  const { width, height } = svg.getBoundingClientRect()
  const isNarrow = width < 560
  const left = isNarrow ? 10 : 82
  const nowX = Math.round(left + (width - left) * 0.84)
  const rowsTop = 96
  const pixelsPerMs = (nowX - left) / (isNarrow ? 5000 : 9000)
  return { width, isNarrow, left, nowX, pixelsPerMs, rowsTop, rowsHeight: height - rowsTop - 34 }
}

function drawAxis(
  axis: Element,
  front: Element,
  { isNarrow, left, nowX, pixelsPerMs, rowsTop, rowsHeight }: Geometry,
): void {
  axis.replaceChildren()
  front.replaceChildren()
  const bottom = rowsTop + rowsHeight + 8
  for (let seconds = 2; nowX - seconds * 1000 * pixelsPerMs > left + 8; seconds += 2) {
    const x = nowX - seconds * 1000 * pixelsPerMs
    draw(axis, 'line', { x1: x, x2: x, y1: ribbonTop, y2: bottom, class: 'tick' })
    draw(axis, 'text', { x, y: bottom + 17, 'text-anchor': 'middle' }, `${seconds} s ago`)
  }
  draw(axis, 'text', { x: nowX, y: bottom + 17, 'text-anchor': 'middle' }, 'now')
  if (!isNarrow) {
    draw(axis, 'text', { x: 14, y: ribbonTop + 16 }, 'Token')
    draw(axis, 'text', { x: 14, y: flightTop + 11 }, 'Exchange')
    draw(axis, 'text', { x: 14, y: rowsTop + 14 }, 'Requests')
  }
  draw(front, 'line', { x1: nowX, x2: nowX, y1: ribbonTop, y2: bottom, class: 'now' })
}
