import type { AuthServer } from './auth-server.ts'
import type { Page } from './browsers.ts'
import type { Look, StageTab } from './tab-stage.ts'

interface Row {
  readonly engine: string
  readonly title: string
  readonly refreshes: number
  readonly reuses: number
  readonly who: string
  readonly ends: string
}

/** What the server counted and who is signed in where, after each case: for the eye, and for the closing note. */
export interface TabTable {
  /** Notes a case. Answers what every tab that is left says. */
  note(engine: string, title: string, server: AuthServer, tabs: readonly StageTab<Page>[]): Promise<Look[]>
  print(): void
}

/** "alice ×3, nobody ×1" */
function tally(words: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].map(([word, count]) => `${word} ×${count}`).join(', ')
}

export function createTabTable(heading: string): TabTable {
  const rows: Row[] = []
  return {
    async note(engine, title, { refreshes, reuses }, tabs) {
      const looks = await Promise.all(tabs.map(tab => tab.look()))
      rows.push({
        engine,
        title,
        refreshes,
        reuses,
        who: tally(looks.map(({ status, subject }) => (status === 'signed-in' ? String(subject) : 'nobody'))),
        ends: tally(looks.flatMap(({ ended }) => ended)),
      })
      return looks
    },
    print() {
      const lines = [
        ['engine', 'case', 'refreshes', 'reuses', 'signed in', 'sessions ended'],
        ...rows.map(row => [
          row.engine,
          row.title,
          String(row.refreshes),
          String(row.reuses),
          row.who,
          row.ends || '-',
        ]),
      ]
      const widths = lines[0]?.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0))) ?? []
      const text = lines.map(line =>
        line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      console.log(`${heading}\n${text.join('\n')}`)
    },
  }
}
