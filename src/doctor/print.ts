import type { CheckReport, DoctorReport } from './report.ts'
import type { Settings } from './settings.ts'

const labels = { ok: 'ok', warning: 'WARNING', fault: 'FAULT', skipped: 'skipped', unknown: 'unknown' } as const

const indent = (label: string, text: string) => `${' '.repeat(9)}${label.padEnd(7)}${text}`

/** A check, in as many lines as its status deserves. */
export function printCheck(report: CheckReport, verbose: boolean): string {
  const { id, status, findings, evidence, why, references, documentation } = report
  const isBad = status === 'fault' || status === 'warning'
  const lines = findings.map(finding => `${labels[finding.status].padEnd(9)}${id.padEnd(18)}${finding.says}`)
  const fixes = new Set(findings.flatMap(({ fix }) => (fix === undefined ? [] : [indent('Fix:', fix)])))
  const seen = evidence.map((line, index) => indent(index === 0 ? 'Seen:' : '', line))
  const reasons = [indent('Why:', why), indent('See:', `${references.join(', ')} · ${documentation}`)]
  return [...lines, ...(isBad || verbose ? seen : []), ...fixes, ...(isBad || verbose ? reasons : [])].join('\n')
}

const many = (count: number, what: string, plural = `${what}s`) => `${count} ${count === 1 ? what : plural}`

export function printSummary({ summary, spent, exitCode }: DoctorReport): string {
  const { ok, warning, fault, unknown, skipped } = summary
  const counts = [
    `${ok} ok`,
    many(warning, 'warning'),
    many(fault, 'fault'),
    `${unknown} unknown`,
    `${skipped} skipped`,
  ]
  const used = [
    many(spent.requests, 'request'),
    many(spent.refreshes, 'refresh', 'refreshes'),
    many(spent.sessions, 'session'),
  ]
  const failed =
    exitCode === 2 ? '\nNot everything could be examined, so no fault found does not mean that there is none.' : ''
  return `\n${counts.join(', ')}. Spent: ${used.join(', ')}.${failed}`
}

const show = (url: URL) => url.origin + url.pathname

/** What is examined; without queries, which may hold secrets. */
export function printTargets({ api, renewal, origin, revocationEndpoint }: Settings): string {
  const targets: readonly (readonly [string, string | null | undefined])[] = [
    ['API', api && show(api)],
    ['Page', origin],
    [renewal?.mode === 'oauth' ? 'Token endpoint' : 'Refresh', renewal && show(renewal.endpoint)],
    ['Sign-out', revocationEndpoint && show(revocationEndpoint)],
  ]
  const lines = targets.flatMap(([name, target]) => (target ? [`  ${name.padEnd(16)}${target}`] : []))
  return ['latchkey doctor', '', ...lines].join('\n')
}
