import { createClient } from 'latchkey'
import { followShell, shellKind, shellLogin, shellRefresh } from 'latchkey/webview'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bridgeKinds, bridgeScript, caseScript, expectedOutcomes } from '../../support/shell-bridges.ts'
import { stubPage } from '../../support/shell-page.ts'

beforeEach(() => void stubPage())

const AsyncFunction = (async () => {}).constructor as FunctionConstructor

/** As a body runs in a page of the browser tests. */
const run = (body: string, ...args: readonly unknown[]): Promise<unknown> => {
  const given = { createClient, followShell, shellKind, shellRefresh, args }
  return new AsyncFunction(...Object.keys(given), `${bridgeScript}${caseScript}${body}`)(...Object.values(given))
}

describe.each(bridgeKinds)('through the bridge of %s', kind => {
  test('every response has a defined outcome, and only the status signed-out ends the session (WV-05)', async () => {
    const expected = expectedOutcomes(kind)
    expect(await run('return runCases(...args)', kind, expected)).toEqual(expected)
  })

  test('messages that the shell posts by itself are followed', async () => {
    const seen = await run(`
      const shell = installBridge('${kind}', ({ id }, reply) => reply(signedIn(id, alice(1))))
      const client = createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh() })
      const stop = followShell(client)
      const seen = [(await client.session.ready()).status]
      shell.post({ latchkey: 1, type: 'signed-out' })
      seen.push(client.session.status)
      stop()
      client.dispose()
      shell.remove()
      return seen`)
    expect(seen).toEqual(['signed-in', 'signed-out'])
  })

  test('the page knows in which shell it is', async () => {
    const seen = await run(`const { remove } = installBridge('${kind}', () => {})
      const seen = [shellKind(), shellKind({ name: 'other' })]
      remove()
      return [...seen, shellKind()]`)
    const found = kind.replace(/-without-reply|(?<=react-native)-android/, '')
    // Where one bridge serves every name, only asking shows whether there is a handler.
    const other = /react|flutter/.test(kind) ? found : null
    expect(seen).toEqual([found, other, null])
  })
})

describe('what only looks like a bridge', () => {
  const frame = () => {
    const window = { postMessage: vi.fn() } as { postMessage: () => void; window?: object }
    window.window = window
    return window
  }

  test.each([
    ['a frame named latchkey', 'latchkey', (window: object) => window],
    ['a frame named ReactNativeWebView', 'ReactNativeWebView', (window: object) => window],
    [
      'frames named webkit, messageHandlers and latchkey',
      'webkit',
      (window: object) => ({ messageHandlers: { latchkey: window } }),
    ],
    ['an element named latchkey', 'latchkey', () => ({ postMessage: { value: '' } })],
  ])('%s is none: no message goes there', (_what, name, wrap) => {
    const window = frame()
    vi.stubGlobal(name, wrap(window))
    expect(shellKind()).toBeNull()
    expect(window.postMessage).not.toHaveBeenCalled()
  })

  test('a property that throws is none, and the next bridge is looked for', () => {
    const throwing = {
      get messageHandlers() {
        throw new DOMException('Blocked', 'SecurityError')
      },
    }
    vi.stubGlobal('webkit', throwing)
    vi.stubGlobal('ReactNativeWebView', { postMessage: () => {} })
    expect(shellKind()).toBe('react-native')
  })

  test('Capacitor without the plugin is none', () => {
    vi.stubGlobal('Capacitor', { nativePromise: () => {}, PluginHeaders: [{ name: 'Camera' }] })
    expect(shellKind()).toBeNull()
  })
})

describe('a bridge that is not there yet', () => {
  const start = () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const client = createClient({ baseUrl: 'https://api.test/', refresh: shellRefresh(), limits: { patienceMs: 0 } })
    onTestFinished(() => client.dispose())
    return { client, ready: client.session.ready() }
  }

  test('is waited for while the page loads', async () => {
    const { ready } = start()
    await vi.advanceTimersByTimeAsync(700)
    const session = { accessToken: 'access-1', subject: 'alice' }
    vi.stubGlobal('flutter_inappwebview', { callHandler: async () => ({ latchkey: 1, status: 'signed-in', session }) })
    await vi.advanceTimersByTimeAsync(100)
    expect((await ready).subject).toBe('alice')
  })

  test('is given up after a second: the session is unknown then, and not over', async () => {
    const { client, ready } = start()
    await vi.advanceTimersByTimeAsync(1200)
    expect((await ready).status).toBe('unknown')
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
  })

  test.each([
    ['while it is looked for', 120],
    ['before it is looked for', 0],
  ])('is sent no login that was cancelled %s, and nothing is left listening', async (_when, ms) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const page = stubPage()
    const controller = new AbortController()
    const { signal } = controller
    if (ms === 0) controller.abort(new Error('cancelled'))
    const callHandler = vi.fn()
    const bridge = { callHandler }
    if (ms === 0) vi.stubGlobal('flutter_inappwebview', bridge)
    const context = { kind: 'login', reason: 'refresh-rejected', subject: 'alice', claims: null, signal } as const
    const login = expect(shellLogin()(context)).rejects.toThrow('aborted')
    await vi.advanceTimersByTimeAsync(ms)
    vi.stubGlobal('flutter_inappwebview', bridge)
    controller.abort(new Error('cancelled'))
    await vi.advanceTimersByTimeAsync(100)
    await login
    expect(callHandler).not.toHaveBeenCalled()
    expect(page.listening).toBe(0)
  })

  test('is not waited for on a server, which has no document', async () => {
    vi.stubGlobal('document', undefined)
    const { ready } = start()
    expect((await ready).status).toBe('unknown')
  })
})

describe.each([
  'capacitor://localhost/index.html',
  'ionic://localhost/index.html',
  'file:///android_asset/index.html',
  'app://x/',
])('on a page at %s (WV-01)', href => {
  beforeEach(() => {
    const { protocol, host, origin } = new URL(href)
    vi.stubGlobal('location', { href, protocol, host, origin })
    // WebKit gives custom schemes an origin, Chromium does not.
    vi.stubGlobal('origin', protocol === 'file:' ? 'null' : `${protocol}//${host}`)
    const session = { accessToken: 'access-1', subject: 'alice' }
    vi.stubGlobal('latchkey', { postMessage: async () => ({ latchkey: 1, status: 'signed-in', session }) })
  })

  test('the shell gives the session, and its token goes to the API and not to another origin', async () => {
    const sent: (string | null)[] = []
    const client = createClient({
      baseUrl: 'https://api.test/',
      refresh: shellRefresh(),
      fetch: async (input, init) => {
        sent.push(new Request(input, init).headers.get('authorization'))
        return new Response('fine')
      },
    })
    onTestFinished(() => client.dispose())
    await client.get('me')
    await client.fetch('https://other.test/')
    expect(sent).toEqual(['Bearer access-1', null])
  })

  test('a client needs an absolute base URL', () => {
    expect(() => createClient({ baseUrl: '/api/', refresh: shellRefresh() })).toThrow(/baseUrl/)
  })
})

describe('a bridge of the app whose function leaves it to the shell to post the response', () => {
  test.each([
    ['returns nothing', (_message: object) => {}],
    ['is asynchronous', async (_message: object) => {}],
  ])('and %s', async (_, deliver) => {
    const page = stubPage()
    let id: unknown
    const send = (message: { readonly id: string }) => {
      id = message.id
      return deliver(message)
    }
    const client = createClient({ baseUrl: 'https://api.test/', refresh: shellRefresh({ bridge: { send } }) })
    onTestFinished(() => client.dispose())
    const ready = client.session.ready()
    await vi.waitFor(() => expect(id).toBeDefined())
    await null
    page.post({ id, status: 'signed-in', session: { accessToken: 'access-1', subject: 'alice' } })
    expect(await ready).toMatchObject({ status: 'signed-in', subject: 'alice' })
  })
})
