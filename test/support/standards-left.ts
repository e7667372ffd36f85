// Prints the items of docs/standards-checklist.md that no test names and docs/standards.md does not argue.
// `npm run standards` looks at all groups, `npm run standards -- CH ST` at these; it fails where something is left.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { root } from './project.ts'

interface Item {
  readonly id: string
  readonly group: string
  readonly level: string
}

const readItems = (): readonly Item[] =>
  [
    ...readFileSync(`${root}docs/standards-checklist.md`, 'utf8').matchAll(
      /^- \*\*(([A-Z]{2})-\d{2})\*\* · ([A-Z ]+) ·/gm,
    ),
  ].map(([, id = '', group = '', level = '']) => ({ id, group, level }))

const findIds = (path: string): readonly string[] =>
  existsSync(root + path) ? (readFileSync(root + path, 'utf8').match(/\b[A-Z]{2}-\d{2}\b/g) ?? []) : []

const held = new Set(globSync('test/**/*.{ts,tsx}', { cwd: root, exclude: ['test/support/**'] }).flatMap(findIds))
const argued = new Set(findIds('docs/standards.md'))

const asked = argv.slice(2)
const items = readItems().filter(({ group }) => asked.length === 0 || asked.includes(group))
const left = items.filter(({ id }) => !held.has(id) && !argued.has(id))

for (const group of new Set(items.map(item => item.group))) {
  const members = items.filter(item => item.group === group)
  const open = left.filter(item => item.group === group)
  const count = (ids: ReadonlySet<string>) => members.filter(({ id }) => ids.has(id)).length
  const state = open.length === 0 ? 'nothing left' : open.map(({ id, level }) => `${id} (${level})`).join(', ')
  console.log(`${group}  ${count(held)} of ${members.length} held, ${count(argued)} argued: ${state}`)
}

const known = new Set(readItems().map(({ id }) => id))
const unknown = [...held, ...argued].filter(
  id => !known.has(id) && [...known].some(one => one.startsWith(id.slice(0, 3))),
)
if (unknown.length > 0) console.log(`Named, but not on the list: ${unknown.join(', ')}`)

process.exitCode = left.length + unknown.length > 0 ? 1 : 0
