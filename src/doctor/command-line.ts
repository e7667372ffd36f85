import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { runDoctor, type Terminal } from './run-doctor.ts'

const usage = `Usage: latchkey doctor [options]

  doctor      Examines an API and a token endpoint; \`latchkey doctor --help\` lists its options
  --version   Prints the version
`

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

async function confirm(question: string): Promise<boolean> {
  const readline = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await readline.question(`${question} [y/N] `)).trim())
  } finally {
    readline.close()
  }
}

const terminal = (): Terminal => ({
  env: process.env,
  readStdin,
  print: text => void process.stdout.write(`${text}\n`),
  tell: text => void process.stderr.write(`${text}\n`),
  confirm: process.stdin.isTTY && process.stderr.isTTY ? confirm : null,
  wait: ms => delay(ms),
})

const readVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/** The reader of a pipe may leave early (`| head`): then there is nobody to report to, and the report is not complete. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(2)
}

/** What `npx latchkey …` does. Sets the exit code. */
export async function runCommandLine(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leaveWithReader)
  const [command, ...rest] = args
  if (command === 'doctor') {
    process.exitCode = await runDoctor(rest, terminal())
  } else if (command === '--version') {
    process.stdout.write(`${readVersion()}\n`)
  } else {
    const isHelp = command === '--help' || command === '-h'
    const stream = isHelp ? process.stdout : process.stderr
    if (command !== undefined && !isHelp) stream.write(`latchkey: \`${command}\` is not a command.\n\n`)
    stream.write(usage)
    process.exitCode = isHelp ? 0 : 2
  }
}
