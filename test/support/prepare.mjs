// Makes a fresh clone ready: run before anything of node_modules exists, so plain JavaScript, on the Node that happens to be there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Runs a command with its output shown, and stops with its exit code where it fails. */
const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const readLock = path => (existsSync(root + path) ? JSON.parse(readFileSync(root + path, 'utf8')).packages : null)

/** Whether what is installed is what the lock file asks for. Optional packages may be missing: they belong to other platforms. */
const isInstalled = () => {
  const wanted = readLock('package-lock.json')
  const installed = readLock('node_modules/.package-lock.json')
  if (!installed) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === version : optional === true
  })
}

const missingBrowsers = () => {
  const paths = JSON.parse(readFileSync(new URL('browser-paths.json', import.meta.url), 'utf8'))
  const candidates = name => [process.env[name.toUpperCase()] ?? '', ...paths[name]]
  return Object.keys(paths).filter(name => !candidates(name).some(path => existsSync(path)))
}

const canInstallBrowsers = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

if (!isInstalled()) run('npm', ['ci', '--no-audit', '--no-fund'])

if (process.argv.includes('browsers')) {
  const missing = missingBrowsers()
  if (missing.length > 0 && canInstallBrowsers()) run('bash', ['test/support/install-browsers.sh'])
  const stillMissing = missingBrowsers()
  if (stillMissing.length > 0) {
    console.error(
      `The tests run in real browsers, and these are missing: ${stillMissing.join(', ')}. Install them with:\n  npm run browsers`,
    )
    process.exit(1)
  }
}
