import { existsSync } from 'node:fs'
import type { LaunchOptions } from 'playwright'
import paths from './browser-paths.json' with { type: 'json' }

/** Where the distribution put a program; an environment variable of that name, in capitals, goes before. */
export const pathOf = (program: keyof typeof paths): string => {
  const own = process.env[program.toUpperCase()]
  return own ?? paths[program].find(path => existsSync(path)) ?? `${program} (missing: npm run browsers)`
}

export const chromiumLaunch: LaunchOptions = {
  executablePath: pathOf('chromium'),
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
}

/** Stock Firefox over WebDriver BiDi. playwright 1.65 asks Firefox ESR for a command that it lacks: stay at 1.64. */
export const firefoxLaunch: LaunchOptions = {
  channel: 'moz-firefox',
  executablePath: pathOf('firefox'),
  // Without a process of its own for each site a page costs three quarters of the processor time.
  firefoxUserPrefs: { 'fission.autostart': false },
}
