import { accessTokens, type Cell, type CellOptions, loads, runCell } from './cell.ts'
import { faults } from './faults.ts'
import { startWorld } from './world.ts'

/** So many cells at a time, since nearly all of their time they wait; begun one after the other, since that is when they do not. */
const atOnce = 160
const staggerMs = 25

/** Every fault, token and load; and with a fault that strikes once, where it is one that may pass. One fault after the other. */
export const everyCell: readonly CellOptions[] = accessTokens.flatMap(accessToken =>
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

/** So many at a time. @throws if a cell does, with its name */
export async function workThrough(
  list: readonly CellOptions[],
  workers: number,
  run: (options: CellOptions, worker: number) => Promise<Cell>,
): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  const queue = [...list.entries()]
  const work = async (worker: number) => {
    await new Promise(resolve => setTimeout(resolve, worker * staggerMs))
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [place, options] = next
      cells[place] = await run(options, worker).catch((cause: Error) => {
        throw new Error(`${nameOf(options)}: ${cause.message}`, { cause })
      })
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return cells
}

export const nameOf = ({ fault, accessToken, load, isOnce }: CellOptions): string =>
  `${fault.title}, token ${accessToken}, ${load}${isOnce ? ', once' : ''}`

export async function runMatrix(list: readonly CellOptions[] = everyCell): Promise<Matrix> {
  const world = await startWorld()
  try {
    return { cells: await workThrough(list, atOnce, options => runCell(world, options)), elsewhere: world.elsewhere }
  } finally {
    await world.close()
  }
}
