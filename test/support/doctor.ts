import type { CheckReport, DoctorReport } from '../../src/doctor/report.ts'
import { runDoctor } from '../../src/doctor/run-doctor.ts'

export interface DoctorRun {
  readonly exitCode: number
  /** Standard output and standard error. */
  readonly printed: string
  readonly told: string
  readonly report: DoctorReport
  check(id: string): CheckReport
}

export interface DoctorSetting {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** What the user says when asked; left out: there is no terminal. */
  readonly consent?: boolean
  /** How the doctor waits. @default not at all */
  readonly wait?: (ms: number) => void
}

/** Runs `latchkey doctor` in this process. */
export const callDoctor = async (args: readonly string[], setting: DoctorSetting = {}): Promise<DoctorRun> => {
  const { env = {}, stdin = '', consent, wait = () => {} } = setting
  let printed = ''
  let told = ''
  const exitCode = await runDoctor(args, {
    env,
    readStdin: async () => stdin,
    print: text => {
      printed += `${text}\n`
    },
    tell: text => {
      told += `${text}\n`
    },
    confirm:
      consent === undefined
        ? null
        : async question => {
            told += question
            return consent
          },
    wait: async ms => wait(ms),
  })
  const parsed = args.includes('--json') && printed ? (JSON.parse(printed) as DoctorReport) : null
  const check = (id: string) => {
    const found = parsed?.checks.find(one => one.id === id)
    if (!found) throw new Error(`There is no check ${id}`)
    return found
  }
  return {
    exitCode,
    printed,
    told,
    get report() {
      if (!parsed) throw new Error(`There is no report. ${told}`)
      return parsed
    },
    check,
  }
}

/** The statuses of the checks that were made. */
export const statusesOf = ({ report }: DoctorRun): Readonly<Record<string, string>> =>
  Object.fromEntries(report.checks.filter(({ status }) => status !== 'skipped').map(({ id, status }) => [id, status]))
