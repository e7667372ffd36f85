// node test/support/at-once.mjs one two: runs these scripts of package.json at the same time. Fails if one of them does.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

const run = script =>
  new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', script], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
    child.once('error', reject)
    child.once('exit', code => resolve(code ?? 1))
  })

const codes = await Promise.all(process.argv.slice(2).map(run))
process.exitCode = codes.find(code => code !== 0) ?? 0
