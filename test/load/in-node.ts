/**
 * A process of its own, so that nothing but latchkey moves the figures. Writes a line of JSON for each soak that it finds. By
 * itself, some of them: `LEAK_ONLY=dispose LEAK_CYCLES=1000 node --expose-gc test/load/in-node.ts`.
 */
import { fetchLoad } from './answer.ts'
import { clientSoaks } from './client-soaks.ts'
import { controlName, controlSoak } from './control-soak.ts'
import { countOf, findGrowth, type Grown } from './figures.ts'
import { measureNode } from './node-heap.ts'
import { requestSoaks } from './request-soaks.ts'
import type { Soak } from './soak.ts'
import { toolSoaks } from './tool-soaks.ts'

globalThis.fetch = fetchLoad
// Channels keep no process running, and what is awaited here may be a message.
setInterval(() => {}, 60_000)

const kinds = [
  [requestSoaks, countOf('requests', 150)],
  [{ ...clientSoaks, ...toolSoaks, [controlName]: controlSoak }, countOf('cycles', 60)],
] as const

const only = new RegExp(process.env['LEAK_ONLY'] ?? '')

// All are begun first, so that one measure stands between two of them: what is made once is there by then.
const soaks: { readonly name: string; readonly count: number; readonly soak: Soak }[] = []
for (const [kind, count] of kinds) {
  for (const [name, start] of Object.entries(kind)) {
    if (!only.test(name)) continue
    const soak = await start({ origin: 'https://api.test', name })
    await soak.run(20)
    soaks.push({ name, count, soak })
  }
}
/** Node lets go of combined signals (`AbortSignal.any`) up to a second late. What is left for good is there each time. */
const mostLooks = 6
async function look(name: string, count: number, signal: AbortSignal | undefined): Promise<Grown> {
  for (let looks = 1; ; looks += 1) {
    const grown = { name, count, before, after: await measureNode(signal) }
    if (looks === mostLooks || Object.keys(findGrowth(grown)).length === 0) return grown
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}

let before = await measureNode()
for (const { name, count, soak } of soaks) {
  await soak.run(count)
  const grown = await look(name, count, soak.signal)
  console.log(JSON.stringify(grown))
  before = grown.after
}
process.exit()
