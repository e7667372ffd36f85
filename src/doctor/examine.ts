import type { Check } from './check.ts'
import type { Examination } from './examination.ts'
import { type FindingStatus, type Outcome, unknown, worstOf } from './finding.ts'
import { NoResponseError } from './network.ts'
import type { Step } from './plan.ts'
import { type CheckReport, type DoctorReport, documentationOf, exitCodeOf, summarize } from './report.ts'

const leave = (says: string, status: FindingStatus): Outcome => ({ evidence: [], findings: [{ status, says }] })

/** Cleans every text once more: a server may send a secret back in an unexpected place. */
const cleaned = (outcome: Outcome, { redaction }: Examination): Outcome => ({
  evidence: outcome.evidence.map(redaction.clean),
  findings: outcome.findings.map(({ status, says, fix }) => ({
    status,
    says: redaction.clean(says),
    ...(fix !== undefined && { fix: redaction.clean(fix) }),
  })),
})

function reportOf(check: Check, outcome: Outcome): CheckReport {
  const { id, question, why, references } = check
  const status = worstOf(outcome.findings)
  return { id, question, status, ...outcome, why, references, documentation: documentationOf(check) }
}

/** Makes the checks one after another: a server that is busy with one must not spoil the next. */
export async function examineAll(
  steps: readonly Step[],
  examination: Examination,
  onChecked: (report: CheckReport) => void,
): Promise<DoctorReport> {
  let unreachable = false
  const told = new Set<string>()
  const ask = (check: Check) =>
    check.examine(examination).catch((error: unknown): Outcome => {
      if (!(error instanceof NoResponseError)) throw error
      unreachable = true
      // One server that does not respond fails every check in the same way.
      const isTold = told.has(error.problem)
      told.add(error.problem)
      if (isTold) return { evidence: [], findings: [{ status: 'unknown', says: `As above: ${error.problem}.` }] }
      return { evidence: [], findings: [unknown(error.message, 'Check the URL, and that the server runs.')] }
    })
  const checks: CheckReport[] = []
  for (const { check, leftOut, isMissed } of steps) {
    const outcome = leftOut === null ? await ask(check) : leave(leftOut, isMissed ? 'unknown' : 'skipped')
    const report = reportOf(check, cleaned(outcome, examination))
    checks.push(report)
    onChecked(report)
  }
  const summary = summarize(checks)
  const { network, renewer, sessions } = examination
  const spent = { requests: network.sent, refreshes: renewer.granted, sessions: sessions.ended }
  const isIncomplete = unreachable || sessions.wereAllRefused || steps.some(({ isMissed }) => isMissed)
  return { version: 1, exitCode: exitCodeOf(summary, isIncomplete), summary, spent, checks }
}
