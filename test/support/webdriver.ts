import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathOf } from './browser-launch.ts'
import { readOutcome, readSettled, startInPage } from './run-in-page.ts'

/** One window of WebKitGTK, by W3C WebDriver. */
export interface DriverWindow {
  goto(url: string): Promise<void>
  run<T>(body: string, ...args: readonly unknown[]): Promise<T>
  /** CSS pixels. */
  resize(size: { readonly width: number; readonly height: number }): Promise<void>
  /** PNG. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

export interface WebDriver {
  openWindow(): Promise<DriverWindow>
  close(): Promise<void>
}

type Call = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>

const pollMs = 10

const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port')),
      )
    })
  })

/** A screen of its own where the machine has none; it goes when its last window does. */
const startScreen = async (children: ChildProcess[]): Promise<string> => {
  const screen = spawn(
    pathOf('xvfb'),
    ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-terminate'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  )
  children.push(screen)
  return new Promise((resolve, reject) => {
    screen.once('error', reject)
    screen.stdio[3]?.once('data', (display: Buffer) => resolve(`:${String(display).trim()}`))
  })
}

const startDriver = async (children: ChildProcess[]): Promise<Call> => {
  const { DISPLAY: display = await startScreen(children) } = process.env
  const port = await findFreePort()
  const env = { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1' }
  children.push(spawn(pathOf('webkitDriver'), [`--port=${port}`], { stdio: 'ignore', env }))
  const call: Call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body ? JSON.stringify(body) : null,
    })
    const { value } = (await response.json()) as { value: never }
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${JSON.stringify(value)}`)
    return value
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await call('GET', '/status')
      return call
    } catch (error) {
      if (attempt === 50) throw error
      await sleep(100)
    }
  }
}

/** WebDriver knows one current window, so what belongs together is done in one turn. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(turn: () => Promise<T>): Promise<T> => {
    const result = last.then(turn, turn)
    last = result.catch(() => {})
    return result
  }
}

let runs = 0

const createWindow = (here: Call): DriverWindow => {
  const execute = <T>(script: string, args: readonly unknown[]) => here<T>('POST', '/execute/sync', { script, args })
  return {
    goto: url => here('POST', '/url', { url }),
    // Not WebDriver's own asynchronous scripts: while one waits in this window, no command can be given to another.
    run: async <T>(body: string, ...args: readonly unknown[]): Promise<T> => {
      runs += 1
      const id = String(runs)
      await execute(startInPage, [id, body, args])
      for (;;) {
        const settled = await execute<string | null>(readSettled, [id])
        if (settled !== null) return readOutcome<T>(settled)
        await sleep(pollMs)
      }
    },
    resize: size => here('POST', '/window/rect', size),
    screenshot: async () => Buffer.from(await here<string>('GET', '/screenshot'), 'base64'),
    close: () => here('DELETE', '/window'),
  }
}

/** Starts WebKitGTK's MiniBrowser. All its windows share storage, locks and channels. */
export const openWebKit = async (): Promise<WebDriver> => {
  const children: ChildProcess[] = []
  const stopChildren = () => {
    for (const child of children) child.kill()
  }
  process.once('exit', stopChildren)
  const call = await startDriver(children)
  const options = { binary: pathOf('miniBrowser'), args: ['--automation'] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
  const { sessionId } = await call<{ sessionId: string }>('POST', '/session', { capabilities })
  const session = `/session/${sessionId}`
  const inTurn = createTurns()
  const openHandle = async () => {
    // WebDriver opens no window from one that is closed.
    const [handle] = await call<string[]>('GET', `${session}/window/handles`)
    await call('POST', `${session}/window`, { handle })
    return call<{ handle: string }>('POST', `${session}/window/new`, { type: 'window' })
  }
  let firstHandle: string | null = await call<string>('GET', `${session}/window`)

  return {
    openWindow: async () => {
      const taken = firstHandle
      firstHandle = null
      const handle = taken ?? (await inTurn(openHandle)).handle
      return createWindow((method, path, body) =>
        inTurn(async () => {
          await call('POST', `${session}/window`, { handle })
          return call(method, `${session}${path}`, body)
        }),
      )
    },
    close: async () => {
      await call('DELETE', session).catch(() => {})
      stopChildren()
      process.off('exit', stopChildren)
    },
  }
}
