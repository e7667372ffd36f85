/** What is there when all garbage is gone, by name. */
export type Figures = Readonly<Record<string, number>>

/** What a soak found. */
export interface Grown {
  readonly name: string
  readonly count: number
  readonly before: Figures
  readonly after: Figures
}

/** Fewer than one for each turn, and a little that comes and goes with whatever else happens meanwhile. */
const tolerated = (count: number) => count / 2 + 10

/** Not judged: they move by themselves, and are only shown. */
const shownOnly = new Set(['heap bytes', 'JSHeapUsedSize'])

/** What has grown with the number of turns. */
export const findGrowth = ({ count, before, after }: Grown): Figures =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, figure]) => [name, figure - (before[name] ?? 0)] as const)
      .filter(([name, growth]) => !shownOnly.has(name) && growth > tolerated(count)),
  )

/**
 * How often each is done. Few are enough in CI, since objects are counted one by one. `LEAK_REQUESTS` and `LEAK_CYCLES` set
 * other counts.
 */
export const countOf = (kind: 'requests' | 'cycles', few: number): number =>
  Number(process.env[`LEAK_${kind.toUpperCase()}`] ?? few)

/** Whether other counts than those of CI were asked for. */
export const isFull = Boolean(process.env['LEAK_REQUESTS'] || process.env['LEAK_CYCLES'])

/** What was found, as a table. */
export function showGrowth(place: string, all: readonly Grown[]): void {
  const names = [...new Set(all.flatMap(({ after }) => Object.keys(after)))]
  const rows = all.map(({ name, count, before, after }) => [
    name,
    count,
    ...names.map(figure => (after[figure] ?? 0) - (before[figure] ?? 0)),
  ])
  const lines = [[`In ${place}`, 'turns', ...names], ['---', ...names.map(() => '--:'), '--:'], ...rows]
  process.stdout.write(`${lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')}\n`)
}
