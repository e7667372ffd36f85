import { writeFileSync } from 'node:fs'
import { root } from '../support/project.ts'
import { writePage } from './page.ts'
import { runMatrix } from './run.ts'

// Timers of the library let a process end; here it is to wait for them.
const stayAlive = setInterval(() => {}, 1000)
const { cells } = await runMatrix()
writeFileSync(`${root}docs/reliability.md`, writePage(cells))
clearInterval(stayAlive)
console.log(`docs/reliability.md: ${cells.length} cells`)
