/** From best to worst is `ok`, `warning`, `fault`; the other two say that a check could not tell. */
export type FindingStatus = 'ok' | 'skipped' | 'unknown' | 'warning' | 'fault'

/** One thing that a check found. */
export interface Finding {
  readonly status: FindingStatus
  /** What was found, in one sentence. */
  readonly says: string
  /** What to change on the server, or in the command; absent where nothing needs to change. */
  readonly fix?: string
}

/** What a check brings back. */
export interface Outcome {
  readonly findings: readonly Finding[]
  /** What was sent and what came back, one line each. */
  readonly evidence: readonly string[]
}

/** Later ones outrank those before. */
const ranking: readonly FindingStatus[] = ['ok', 'skipped', 'unknown', 'warning', 'fault']

/** The status of a check: that of its worst finding. */
export const worstOf = (findings: readonly Finding[]): FindingStatus =>
  findings.reduce<FindingStatus>(
    (worst, { status }) => (ranking.indexOf(status) > ranking.indexOf(worst) ? status : worst),
    'ok',
  )

export const ok = (says: string): Finding => ({ status: 'ok', says })
export const fault = (says: string, fix: string): Finding => ({ status: 'fault', says, fix })
export const warning = (says: string, fix: string): Finding => ({ status: 'warning', says, fix })
export const unknown = (says: string, fix: string): Finding => ({ status: 'unknown', says, fix })
export const skipped = (says: string): Finding => ({ status: 'skipped', says })

/** The problems; if there are none, one finding that says that all is well. */
export const orOk = (problems: readonly (Finding | false | null | undefined)[], says: string): readonly Finding[] => {
  const found = problems.filter(problem => problem !== false && problem !== null && problem !== undefined)
  return found.length > 0 ? found : [ok(says)]
}
