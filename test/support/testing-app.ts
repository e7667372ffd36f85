import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type InstalledPackage, installPackage } from './installed-package.ts'
import { root } from './project.ts'
import { readSnippets } from './readme.ts'

const run = promisify(execFile)

export interface TestingApp extends InstalledPackage {
  /** Runs a command of a linked package; resolves with what it printed. @throws with it, if it fails */
  runTool(path: string, ...args: readonly string[]): Promise<string>
}

/** An app with the packed package in it, the named packages of ours, and a document's programs as its files. */
export const createTestingApp = async (document: string, packages: readonly string[]): Promise<TestingApp> => {
  const app = await installPackage()
  for (const name of packages) {
    const link = join(app.folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(`${root}node_modules/${name}`, link)
  }
  await writeFile(join(app.folder, 'package.json'), '{ "private": true, "type": "module" }')
  const files = readSnippets(document).filter(({ words }) => words.some(word => word.startsWith('file=')))
  for (const { fileName, text } of files) await writeFile(join(app.folder, fileName), text)
  return {
    ...app,
    runTool: async (path, ...args) => {
      const options = { cwd: app.folder, timeout: 90_000, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } }
      const tool = [join('node_modules', path), ...args]
      return run(process.execPath, tool, options).then(
        ({ stdout }) => stdout,
        ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => {
          throw new Error(`${path} failed:\n${stdout}\n${stderr}`)
        },
      )
    },
  }
}
