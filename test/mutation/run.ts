import { argued } from './argued.ts'
import { describeMutant } from './describe-mutant.ts'
import { measure } from './measure.ts'
import { isRoomName, roomNames } from './rooms.ts'
import { writeScore } from './write-score.ts'

// npm run mutants [-- room [file…]]: prints the survivors that are not argued. Without files, writes the score into docs/mutation.md.
const [wanted, ...files] = process.argv.slice(2)
if (wanted !== undefined && !isRoomName(wanted))
  throw new Error(`There is no room '${wanted}': ${roomNames.join(', ')}`)

let areSomeOpen = false
for (const room of wanted ? [wanted] : roomNames) {
  const isWhole = files.length === 0
  const measured = await measure(room, isWhole ? [`src/${room}/**/*.ts`] : files)
  const { mutants, survivors, ignored, unrepeatable, givenUp } = measured
  const described = survivors.map(describeMutant)
  const open = described.filter(survivor => !(survivor in argued))
  const stale = Object.keys(argued).filter(each => each.startsWith(`src/${room}/`) && !described.includes(each))
  for (const survivor of open) console.log(survivor)
  if (isWhole) for (const each of stale) console.log(`Argued, but not among the survivors: ${each}`)
  const score = { room, mutants, argued: described.length - open.length, open: open.length }
  console.log({ ...score, ignored, unrepeatable, givenUp })
  if (isWhole) writeScore(score)
  areSomeOpen ||= open.length > 0
}
// Vitest has set it: the tests that noticed a mutant failed.
process.exitCode = areSomeOpen ? 1 : 0
