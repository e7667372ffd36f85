import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './project.ts'

const run = promisify(execFile)

type Manifest = { readonly bin: Readonly<Record<string, string>> }

export interface InstalledPackage {
  /** An app's folder, with the packed package in its `node_modules`. */
  readonly folder: string
  /** What is in the tarball. */
  readonly files: readonly string[]
  /** Of the tarball, as it is downloaded. */
  readonly packedBytes: number
  /** Writes a program there and runs it; answers what it printed. */
  runProgram(name: string, text: string, ...args: readonly string[]): Promise<string>
  /** What `npx latchkey …` runs in that folder. */
  runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<EndedCommand>
  remove(): Promise<void>
}

export interface EndedCommand {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Whatever its exit code. */
const runToEnd = async (program: string, args: readonly string[], options: object): Promise<EndedCommand> => {
  const ended = run(program, args, { ...options, timeout: 60_000 }).then(
    output => ({ ...output, code: 0 }),
    (error: EndedCommand & { readonly code: number }) => error,
  )
  const { stdout, stderr, code } = await ended
  return { exitCode: code, stdout: String(stdout), stderr: String(stderr) }
}

/** `npm pack` without the network, and without running scripts. */
const pack = async (folder: string): Promise<{ readonly filename: string; readonly files: readonly string[] }> => {
  const args = ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: root })
  const [first] = JSON.parse(stdout) as readonly { filename: string; files: readonly { path: string }[] }[]
  if (!first) throw new Error('npm packed nothing')
  return { filename: first.filename, files: first.files.map(({ path }) => path) }
}

/** Packs the built package and installs the tarball into an app of its own; its two dependencies come from ours. */
export const installPackage = async (): Promise<InstalledPackage> => {
  const folder = await mkdtemp(join(tmpdir(), 'app-'))
  const { filename, files } = await pack(folder)
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'latchkey'), { recursive: true })
  await run('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', join(modules, 'latchkey')])
  for (const name of ['ky', 'jwt-decode']) {
    await cp(`${root}node_modules/${name}`, join(modules, name), { recursive: true })
  }
  // As npm does it for each command of a package.
  const { bin } = JSON.parse(await readFile(join(modules, 'latchkey/package.json'), 'utf8')) as Manifest
  await mkdir(join(modules, '.bin'), { recursive: true })
  for (const [name, path] of Object.entries(bin)) {
    await chmod(join(modules, 'latchkey', path), 0o755)
    await symlink(`../latchkey/${path}`, join(modules, '.bin', name))
  }
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  const { size: packedBytes } = await stat(join(folder, filename))
  return {
    packedBytes,
    folder,
    files,
    runProgram: async (name, text, ...args) => {
      await writeFile(join(folder, name), text)
      return (await run(process.execPath, [name, ...args], { cwd: folder, timeout: 30_000 })).stdout
    },
    runCommand: (args, env) =>
      runToEnd('npx', ['--offline', '--no-install', 'latchkey', ...args], { cwd: folder, env }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
