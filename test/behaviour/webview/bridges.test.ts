import { createClient } from 'latchkey'
import { shellKind, shellRefresh } from 'latchkey/webview'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { bridgeKinds, bridgeScript, caseScript, expectedOutcomes } from '../../support/shell-bridges.ts'
import { stubPage } from '../../support/shell-page.ts'

beforeEach(() => void stubPage())

const run = (body: string, ...args: readonly unknown[]): Promise<unknown> =>
  new Function('createClient', 'shellRefresh', 'shellKind', 'args', `${bridgeScript}${caseScript}${body}`)(
    createClient,
    shellRefresh,
    shellKind,
    args,
  )

describe.each(bridgeKinds)('through the bridge of %s', kind => {
  test('every response has a defined outcome, and only the status signed-out ends the session', async () => {
    const expected = expectedOutcomes(kind)
    expect(await run('return runCases(...args)', kind, expected)).toEqual(expected)
  })

  test('the page knows in which shell it is', () => {
    const seen = run(`const { remove } = installBridge('${kind}', () => {})
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
