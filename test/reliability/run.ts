import { accessTokens, type Cell, type CellOptions, loads, runCell } from './cell.ts'
import { faults } from './faults.ts'
import { startWorld, type World } from './world.ts'

/** So many cells at a time, since nearly all of their time they wait; begun one after the other, since that is when they do not. */
const atOnce = 160
const staggerMs = 25

/** Every fault, token and load; and with a fault that strikes once, where it is one that may pass. One fault after the other. */
const everyCell: readonly CellOptions[] = accessTokens.flatMap(accessToken =>
  loads.flatMap(load =>
    [false, true].flatMap(isOnce =>
      Object.values(faults)
        .flat()
        .filter(({ means }) => !isOnce || means === 'unavailable')
        .map(fault => ({ fault, accessToken, load, isOnce })),
    ),
  ),
)

export interface Matrix {
  readonly cells: readonly Cell[]
  /** What reached the origin that redirects lead to. */
  readonly elsewhere: readonly string[]
}

async function runAll(world: World): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  const queue = [...everyCell.entries()]
  const work = async (worker: number) => {
    await new Promise(resolve => setTimeout(resolve, worker * staggerMs))
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [place, options] = next
      cells[place] = await runCell(world, options).catch((cause: Error) => {
        throw new Error(`${nameOf(options)}: ${cause.message}`, { cause })
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, (_, worker) => work(worker)))
  return cells
}

export const nameOf = ({ fault, accessToken, load, isOnce }: CellOptions): string =>
  `${fault.title}, token ${accessToken}, ${load}${isOnce ? ', once' : ''}`

export async function runMatrix(): Promise<Matrix> {
  const world = await startWorld()
  try {
    return { cells: await runAll(world), elsewhere: world.elsewhere }
  } finally {
    await world.close()
  }
}
