import type { Check } from './check.ts'
import type { Finding, FindingStatus } from './finding.ts'

/** What one check found, as `--json` prints it. */
export interface CheckReport {
  readonly id: string
  readonly question: string
  /** That of the worst finding. */
  readonly status: FindingStatus
  readonly findings: readonly Finding[]
  readonly evidence: readonly string[]
  readonly why: string
  readonly references: readonly string[]
  /** Page of the documentation that says what the server should send. */
  readonly documentation: string
}

/** The whole report, as `--json` prints it. A newer `version` may rename or remove members; new ones may come at any time. */
export interface DoctorReport {
  readonly version: 1
  /** 0: no fault · 1: faults · 2: something could not be examined, and no fault was found. */
  readonly exitCode: 0 | 1 | 2
  readonly summary: Readonly<Record<FindingStatus, number>>
  /** What was really used up. */
  readonly spent: { readonly requests: number; readonly refreshes: number; readonly sessions: number }
  readonly checks: readonly CheckReport[]
}

const documentation = 'https://github.com/latchkey-js/latchkey/blob/main/docs/servers.md'

export const documentationOf = ({ chapter }: Pick<Check, 'chapter'>): string => `${documentation}#${chapter}`

export function summarize(checks: readonly Pick<CheckReport, 'status'>[]): DoctorReport['summary'] {
  const summary = { ok: 0, warning: 0, fault: 0, skipped: 0, unknown: 0 }
  for (const { status } of checks) summary[status] += 1
  return summary
}

/** `isIncomplete`: a server did not respond, or no login and no credential was accepted, or a secret was missing, so a missing fault means nothing. */
export function exitCodeOf({ ok, warning, fault }: DoctorReport['summary'], isIncomplete: boolean): 0 | 1 | 2 {
  if (fault > 0) return 1
  return isIncomplete || ok + warning === 0 ? 2 : 0
}
