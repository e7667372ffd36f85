export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly lines: readonly Line[]
  readonly logY?: boolean
  readonly logX?: boolean
  /** Shaded from and to, with what happens there. */
  readonly span?: { readonly from: number; readonly to: number; readonly label: string }
}

const width = 860
const height = 400
const margin = { left: 72, right: 24, top: 44, bottom: 88 }
/** Told apart without colour too: by their dashes. Readable on light and on dark. */
const inks = ['#2f6fdb', '#d2562b', '#3a9b57', '#9457b8', '#7a7a7a', '#b3892b']
const dashes = ['', '7 4', '2 3', '9 3 2 3', '4 4', '1 3']

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Round numbers from one end to the other. */
const ticksOf = (low: number, high: number, log: boolean): readonly number[] => {
  if (log) {
    const powers: number[] = []
    for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * 1.0001; power += 1)
      powers.push(10 ** power)
    return powers
  }
  const rough = (high - low) / 6
  const scale = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(factor => factor * scale >= rough) ?? 10) * scale
  const ticks: number[] = []
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) ticks.push(tick)
  return ticks
}

interface Scale {
  readonly place: (value: number) => number
  readonly ticks: readonly number[]
}

const scaleOf = (low: number, high: number, log: boolean, from: number, to: number): Scale => {
  const map = (value: number) => (log ? Math.log10(Math.max(value, low)) : value)
  return {
    place: value => from + ((map(value) - map(low)) / (map(high) - map(low) || 1)) * (to - from),
    ticks: ticksOf(low, high, log),
  }
}

const compact = (value: number) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : String(Number(value.toPrecision(6)))

const axes = ({ title, xLabel, yLabel, span }: Plot, across: Scale, up: Scale): string => {
  const bottom = height - margin.bottom
  const right = width - margin.right
  const parts = [`<text x="${margin.left}" y="24" class="title">${escapeText(title)}</text>`]
  if (span) {
    const [from, to] = [across.place(span.from), across.place(span.to)]
    parts.push(
      `<rect x="${from}" y="${margin.top}" width="${Math.max(2, to - from)}" height="${bottom - margin.top}" class="span"/>`,
      `<text x="${from + 4}" y="${margin.top + 14}">${escapeText(span.label)}</text>`,
    )
  }
  for (const tick of up.ticks) {
    const y = up.place(tick).toFixed(1)
    parts.push(
      `<path d="M${margin.left} ${y}H${right}" class="grid"/>`,
      `<text x="${margin.left - 8}" y="${y}" class="right">${compact(tick)}</text>`,
    )
  }
  for (const tick of across.ticks) {
    const x = across.place(tick).toFixed(1)
    parts.push(`<text x="${x}" y="${bottom + 18}" class="middle">${compact(tick)}</text>`)
  }
  parts.push(
    `<text x="${(margin.left + right) / 2}" y="${bottom + 38}" class="middle">${escapeText(xLabel)}</text>`,
    `<text transform="translate(16 ${(margin.top + bottom) / 2}) rotate(-90)" class="middle">${escapeText(yLabel)}</text>`,
  )
  return parts.join('\n')
}

/** A line plot as SVG, without a script; one text alternative in its title. */
export const drawPlot = (plot: Plot): string => {
  const { lines, logY = false, logX = false } = plot
  const all = lines.flatMap(({ points }) => points)
  const xs = all.map(([x]) => x)
  const ys = all.map(([, y]) => y).filter(y => !logY || y > 0)
  const lowest = logY ? Math.min(...ys) : 0
  const across = scaleOf(Math.min(...xs), Math.max(...xs), logX, margin.left, width - margin.right)
  const up = scaleOf(lowest, Math.max(...ys) * 1.05, logY, height - margin.bottom, margin.top)
  const drawn = lines.map(({ points }, index) => {
    const path = points.map(([x, y]) => `${across.place(x).toFixed(1)} ${up.place(y).toFixed(1)}`).join('L')
    return `<path d="M${path}" fill="none" stroke="${inks[index % inks.length]}" stroke-width="1.6" stroke-dasharray="${dashes[index % dashes.length]}"/>`
  })
  const legend = lines.map(({ name }, index) => {
    const x = margin.left + (index % 3) * 260
    const y = height - 30 + Math.floor(index / 3) * 18
    return `<path d="M${x} ${y}h28" stroke="${inks[index % inks.length]}" stroke-width="2" stroke-dasharray="${dashes[index % dashes.length]}"/><text x="${x + 36}" y="${y}">${escapeText(name)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(plot.title)}">
<style>svg{background:#fff}text{font:13px system-ui,sans-serif;fill:#222;dominant-baseline:middle}.title{font-weight:600;font-size:15px}.right{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#ddd}.span{fill:#f3e3b3;opacity:.6}</style>
${axes(plot, across, up)}
${drawn.join('\n')}
${legend.join('\n')}
</svg>
`
}
