import { type Command, readCommand } from './arguments.ts'
import { readCredentials, type SecretSources } from './credentials.ts'
import { createExamination, type Platform } from './examination.ts'
import { examineAll } from './examine.ts'
import { help } from './help.ts'
import { describeSpending, planChecks } from './plan.ts'
import { printCheck, printSummary, printTargets } from './print.ts'
import { createRedaction, type Redaction } from './redaction.ts'
import type { Settings } from './settings.ts'
import { assertUsage, UsageError } from './usage-error.ts'

/** The terminal, or what stands for it in a test. */
export interface Terminal extends SecretSources, Platform {
  /** Standard output: the report. */
  print(text: string): void
  /** Standard error: everything else. */
  tell(text: string): void
  /** Asks on standard error, and is true for "yes"; `null` where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | null
}

/** @throws UsageError if it must not go on */
async function agree(spending: readonly string[], { settings, stdin }: Command, terminal: Terminal): Promise<void> {
  if (spending.length === 0) return
  terminal.tell(
    ['', 'This spends something of the test account:', ...spending.map(line => `  - ${line}`), ''].join('\n'),
  )
  if (settings.yes) return
  const instead = 'Add --yes to go on without being asked, or --spend nothing.'
  assertUsage(terminal.confirm && stdin === null, `There is no terminal to ask on, so nothing was sent. ${instead}`)
  assertUsage(await terminal.confirm('Go on?'), 'Nothing was sent.')
}

async function examine(command: Command, terminal: Terminal, redaction: Redaction): Promise<number> {
  const { settings, stdin } = command
  const credentials = await readCredentials(terminal, stdin, redaction)
  const steps = planChecks(settings, credentials)
  const write = terminalOf(settings, terminal)
  write.line(printTargets(settings))
  await agree(describeSpending(steps, settings, credentials), command, terminal)
  const examination = await createExamination(settings, { credentials, redaction, platform: terminal })
  const { only, verbose } = settings
  // The others were not asked for: they are in the count and in the JSON.
  const isAskedFor = (id: string) => only.length === 0 || only.includes(id)
  const report = await examineAll(steps, examination, check => {
    if (isAskedFor(check.id)) write.line(printCheck(check, verbose))
  })
  write.line(printSummary(report))
  if (settings.json) terminal.print(JSON.stringify(report, null, 2))
  return report.exitCode
}

/** With `--json` nothing else goes to standard output. */
const terminalOf = ({ json }: Settings, { print }: Terminal) => ({
  line: (text: string) => (json ? undefined : print(text)),
})

/** Runs `latchkey doctor`. @returns the exit code: 0 no fault, 1 faults, 2 could not be run */
export async function runDoctor(args: readonly string[], terminal: Terminal): Promise<number> {
  const redaction = createRedaction()
  try {
    const command = readCommand(args)
    if (command) return await examine(command, terminal, redaction)
    terminal.print(help)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.tell(`latchkey doctor: ${redaction.clean(error.message)}`)
    return 2
  }
}
