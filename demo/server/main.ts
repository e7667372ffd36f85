import { apiResource, apiScope, createApi } from './api.ts'
import { clientId, createAuthorizationServer } from './authorization-server.ts'
import { type BrokenServers, startBrokenServers } from './broken.ts'
import { type Controls, createControls } from './controls.ts'
import { createFaultSwitch, type FaultMode } from './faults.ts'
import { type Listener, openListener } from './listener.ts'
import { buildPage, servePage } from './pages.ts'

const defaultPort = 4180

export interface DemoOptions {
  /** Of the page; the two servers take the next ones. 0: any. @default 4180, or any if it is taken */
  readonly port?: number | undefined
  /** Long enough for a slow machine: a demonstration must not run out of token. @default 30 */
  readonly accessTokenSeconds?: number | undefined
  /** How long a refresh token works after it was replaced. @default 0 */
  readonly graceSeconds?: number | undefined
  /** 1 is slow enough to watch, 0 is as fast as it goes. @default 1 */
  readonly pace?: number | undefined
}

export interface RunningDemo {
  /** Where the page is. */
  readonly url: string
  readonly issuer: string
  readonly api: string
  /** Whether the usual port was taken, so that the demo is at another one. */
  readonly isElsewhere: boolean
  readonly counters: Controls['counters']
  /** Breaks the authorization server, or mends it with `'none'`. */
  readonly breakWith: (mode: FaultMode) => void
  readonly stop: () => Promise<void>
}

/** Starts page, API and authorization server on loopback. Rejects if a wanted `port` is taken. */
export async function startDemo({
  port,
  accessTokenSeconds = 30,
  graceSeconds,
  pace = 1,
}: DemoOptions = {}): Promise<RunningDemo> {
  const built = buildPage()
  const broken: BrokenServers = await startBrokenServers()
  const listeners = await openThree(port).catch(async error => {
    await broken.stop()
    throw error
  })
  const [page, provider, resource] = listeners
  const pageOrigin = page.origin
  const issuer = provider.origin

  const authorizationServer = await createAuthorizationServer({ issuer, pageOrigin, accessTokenSeconds, graceSeconds })
  const faults = createFaultSwitch({ pageOrigin, exchangeMs: 900 * pace, slowMs: 6000 * pace })
  const { keys, isWithdrawn } = authorizationServer
  const api = createApi({ origin: resource.origin, pageOrigin, issuer, keys, isWithdrawn, answerMs: 180 * pace })
  const controls = createControls({ pageOrigin, authorizationServer, faults, api })
  provider.answerWith(faults.wrap(authorizationServer.listener))
  resource.answerWith(api.listener)

  const configuration = {
    api: resource.origin,
    issuer,
    clientId,
    resource: apiResource,
    scope: apiScope,
    broken: broken.cases,
    startedAt: Date.now(),
  }
  const serve = servePage(await built, pageOrigin, configuration)
  page.answerWith((request, response) => controls.listener(request, response) ?? serve(request, response))

  return {
    url: `${pageOrigin}/`,
    issuer,
    api: resource.origin,
    isElsewhere: port === undefined && page.port !== defaultPort,
    counters: controls.counters,
    breakWith: mode => {
      faults.mode = mode
    },
    stop: async () => void (await Promise.all([broken.stop(), ...listeners.map(listener => listener.close())])),
  }
}

async function openThree(port: number | undefined): Promise<readonly [Listener, Listener, Listener]> {
  const page = await openListener(port ?? defaultPort, port === undefined)
  const next = (step: number) => (port === 0 || page.port + step > 65_535 ? 0 : page.port + step)
  return [page, await openListener(next(1)), await openListener(next(2))]
}

async function run(): Promise<void> {
  const { PORT: wanted } = process.env
  const port = wanted === undefined ? undefined : Number(wanted)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new Error(`PORT must be a number from 0 to 65535, not "${wanted}".`)
  }
  const demo = await startDemo({ port })
  if (demo.isElsewhere) console.log(`\n  Port ${defaultPort} is taken, so another one is used. PORT=… chooses one.`)
  console.log(`
  The latchkey demo is at  ${demo.url}

  Sign in with any name and any password.
  Authorization server     ${demo.issuer}
  API                      ${demo.api}

  Ctrl-C stops it.
`)
  stopWhenAsked(demo)
}

function stopWhenAsked(demo: RunningDemo): void {
  const stop = () => void demo.stop().then(() => process.exit(0))
  // `on`, since Ctrl-C may come twice: from the terminal, and once more from npm.
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // npm's shell dies of a signal without passing it on. Nobody would be left who could stop this process.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 300).unref()
}

if (import.meta.main) {
  run().catch((error: NodeJS.ErrnoException) => {
    const { PORT: wanted } = process.env
    console.error(error.code === 'EADDRINUSE' ? `Port ${wanted} is taken. Choose another one with PORT=….` : error)
    process.exit(1)
  })
}
