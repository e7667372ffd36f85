import { writeFileSync } from 'node:fs'
import { root } from '../support/project.ts'
import { type BrowserRecord, findDifferences, readRecord, recordPath } from './browser/compare.ts'
import { cellsForPages, runInChromium } from './browser/run.ts'
import { writePage } from './page.ts'
import { nameOf, runMatrix } from './run.ts'

// Timers of the library let a process end; here it is to wait for them.
const stayAlive = setInterval(() => {}, 1000)
const { cells } = await runMatrix()

/** All of it, which takes some minutes. Needs `npm run build`. */
async function recordBrowser(): Promise<BrowserRecord> {
  const { cells: inChromium, version } = await runInChromium(cellsForPages, 16)
  const names = new Set(inChromium.map(nameOf))
  const inNode = cells.filter(cell => names.has(nameOf(cell)))
  const record = { version, cells: inChromium.length, differences: findDifferences(inNode, inChromium) }
  writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`)
  return record
}

const record = process.argv.includes('--chromium') ? await recordBrowser() : readRecord()
writeFileSync(`${root}docs/reliability.md`, writePage(cells, record))
clearInterval(stayAlive)
console.log(`docs/reliability.md: ${cells.length} cells in Node, ${record.cells} in Chromium ${record.version}`)
