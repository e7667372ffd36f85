import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { root } from '../support/project.ts'
import { bytes } from './parts/bytes.ts'
import { fleet } from './parts/fleet.ts'
import type { Part } from './parts/part.ts'
import { requests } from './parts/requests.ts'
import { startUp } from './parts/start-up.ts'
import { storm } from './parts/storm.ts'
import { tabs } from './parts/tabs.ts'

const parts: readonly Part[] = [requests, storm, bytes, startUp, tabs, fleet]
const here = `${root}test/bench/`
const kept = `${root}docs/performance/`

interface Kept {
  readonly takenAt: string
  readonly node: string
  readonly machine: string
  readonly quick: boolean
  readonly result: unknown
}

/** The peers are not the project's: they have a lock file of their own, and are installed when first measured. */
const installPeers = (): void => {
  const wanted = readFileSync(`${here}package-lock.json`, 'utf8')
  const installed = `${here}node_modules/.installed.json`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('The peers could not be installed')
  writeFileSync(installed, wanted)
}

const read = (part: Part): Kept | null => {
  const path = `${kept}${part.name}.json`
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : null
}

const sectionOf = (part: Part, { takenAt, node, machine, result }: Kept): string => {
  const plots = Object.keys(part.plot?.(result) ?? {}).filter(file => !part.show(result).includes(file))
  const images = plots.map(file => `![${part.title}](performance/${file})`)
  const source = `Taken ${takenAt.slice(0, 10)}, Node ${node}, ${machine}. Figures: [${part.name}.json](performance/${part.name}.json).`
  return [`## ${part.title}`, part.show(result), ...images, source].join('\n\n')
}

const headPath = `${here}report/head.md`

const writePage = (): void => {
  const sections = parts.flatMap(part => {
    const found = read(part)
    return found ? [sectionOf(part, found)] : []
  })
  writeFileSync(`${root}docs/performance.md`, `${readFileSync(headPath, 'utf8').trim()}\n\n${sections.join('\n\n')}\n`)
}

const measure = async (part: Part, quick: boolean): Promise<void> => {
  const startedAt = performance.now()
  const result = await part.measure({ quick })
  const [processor] = cpus()
  const machine = `${cpus().length} × ${processor?.model.trim()}`
  const about = { takenAt: new Date().toISOString(), node: process.version.slice(1), machine, quick }
  console.log(`\n# ${part.title}\n\n${part.show(result)}\n\n(${Math.round((performance.now() - startedAt) / 1000)} s)`)
  // What was taken in haste is for the eye only.
  if (quick) return
  mkdirSync(kept, { recursive: true })
  writeFileSync(`${kept}${part.name}.json`, `${JSON.stringify({ ...about, result })}\n`)
  for (const [file, svg] of Object.entries(part.plot?.(result) ?? {})) writeFileSync(kept + file, svg)
}

const wanted = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const quick = process.argv.includes('--quick')
const unknown = wanted.filter(name => !parts.some(part => part.name === name))
if (unknown.length > 0)
  throw new Error(`Not a part: ${unknown.join(', ')}. Parts: ${parts.map(({ name }) => name).join(', ')}`)

installPeers()
for (const part of parts) if (wanted.length === 0 || wanted.includes(part.name)) await measure(part, quick)
writePage()
