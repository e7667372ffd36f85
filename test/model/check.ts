/**
 * npm run model -- [--small] [--deep] [--traces] [words of a title]
 *
 * Explores the model of the refresh protocol and says which invariants break where. Ends with 1 when a result is not the
 * expected one. `--deep` takes minutes and a few GB; `--traces` shows the shortest way to each violation.
 */
import { identifiersOf, type Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const words = process.argv.slice(2)
const flags = new Set(words.filter(word => word.startsWith('--')))
const filter = words.filter(word => !word.startsWith('--')).join(' ')

const isAsked = ({ group, title, size }: Scenario): boolean => {
  if (filter && !`${group}: ${title}`.includes(filter)) return false
  if (flags.has('--small')) return size === 'small'
  return flags.has('--deep') || size === 'small' || size === 'large'
}

let surprises = 0
let states = 0
let group = ''
for (const scenario of scenarios.filter(isAsked)) {
  if (scenario.group !== group) {
    group = scenario.group
    console.log(`\n${group.toUpperCase()}`)
  }
  const result = scenario.explore()
  const found = identifiersOf(result)
  const expected = [...scenario.expect].sort()
  const isAsExpected = found.join() === expected.join() && (!result.cut || scenario.size === 'cut')
  states += result.states
  if (!isAsExpected) surprises += 1
  const count = `${String(result.states).padStart(8)}${result.cut ? '+' : ' '}`
  const surprise = isAsExpected ? '' : `   EXPECTED ${expected.join(' ') || 'holds'}`
  console.log(
    `${isAsExpected ? ' ' : '!'} ${(found.join(' ') || 'holds').padEnd(14)} ${count} ${scenario.title}${surprise}`,
  )
  if (!flags.has('--traces')) continue
  for (const [name, trace] of result.broken) {
    console.log(`      ${name}`)
    for (const [place, label] of trace.entries()) console.log(`        ${String(place + 1).padStart(2)} ${label}`)
  }
}
console.log(`\n${states} states; ${surprises === 0 ? 'every result as expected' : `${surprises} surprises`}`)
process.exitCode = surprises === 0 ? 0 : 1
