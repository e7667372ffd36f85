import type { Examination } from './examination.ts'
import type { Outcome } from './finding.ts'
import type { Spend } from './settings.ts'

/** What must be given for a check to run. */
export type Need =
  | 'api'
  | 'origin'
  | 'cross-origin'
  | 'token-endpoint'
  | 'renewal'
  | 'cookie'
  | 'revocation'
  | 'dpop'
  | 'access-token'

/** One question to a server. */
export interface Check {
  /** As `--only` and `--skip` name it. */
  readonly id: string
  readonly question: string
  readonly needs: readonly Need[]
  readonly spends: Spend
  /** What goes wrong for users of the app if the server does something else. */
  readonly why: string
  /** Sections of the standards. */
  readonly references: readonly string[]
  /** The part of docs/servers.md that says it in full. */
  readonly chapter: string
  /** @throws NoResponseError where the server cannot be reached */
  examine(examination: Examination): Promise<Outcome>
}
