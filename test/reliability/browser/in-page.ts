/** Runs in a page of Chromium, which calls `runCell` by name: a cell of the matrix, with the built package. */
import { type Cell, type CellOptions, runCell } from '../cell.ts'
import type { Addresses } from '../fault.ts'
import type { AccountOptions, Seen } from '../world.ts'

/** What the test's program does for the page: functions cannot be passed to it, so an account has a number. */
export interface Servers {
  addresses(): Promise<Addresses>
  open(options: AccountOptions): Promise<OpenedAccount>
  release(account: number): Promise<void>
  heal(account: number): Promise<void>
  seen(account: number): Promise<Seen>
}
export interface OpenedAccount {
  readonly id: number
  readonly url: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** Set by the test's program. */
declare const callServers: <Name extends keyof Servers>(
  name: Name,
  ...given: Parameters<Servers[Name]>
) => ReturnType<Servers[Name]>

const run = async (options: CellOptions): Promise<Cell> =>
  runCell(
    {
      addresses: await callServers('addresses'),
      async open(wanted) {
        const { id, ...account } = await callServers('open', wanted)
        return {
          ...account,
          seen: () => callServers('seen', id),
          release: () => callServers('release', id),
          heal: () => callServers('heal', id),
        }
      },
    },
    options,
  )

Object.assign(globalThis, { runCell: run })
