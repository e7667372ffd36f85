import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './project.ts'

const run = promisify(execFile)

export interface InstalledPackage {
  /** An app's folder, with the packed package in its `node_modules`. */
  readonly folder: string
  /** What is in the tarball. */
  readonly files: readonly string[]
  /** Of the tarball, as it is downloaded. */
  readonly packedBytes: number
  /** Writes a program there and runs it; answers what it printed. */
  runProgram(name: string, text: string, ...args: readonly string[]): Promise<string>
  remove(): Promise<void>
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
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
