import { aText, checkOptions, has } from '../checks/option-rules.ts'
import type { ShellMessage } from './protocol.ts'

/** Where a native shell was found: WKWebView, Capacitor, Android WebView, Flutter InAppWebView, React Native WebView. */
export type ShellKind = 'ios' | 'capacitor' | 'android' | 'flutter' | 'react-native'

/** A way to the shell that latchkey does not know. */
export interface ShellBridge {
  /**
   * Sends `message`. Returns the response or a promise of it; `undefined`, or a promise of it, where the shell posts it.
   * `signal` aborts when no response is wanted any more.
   */
  send(message: ShellMessage, signal: AbortSignal): unknown
}

export interface ShellOptions {
  /**
   * The name of the message handler, the plugin or the injected object.
   * @default 'latchkey'
   * @example shellRefresh({ name: 'session' })
   */
  readonly name?: string | undefined
  /**
   * Used instead of the bridges that latchkey knows.
   * @default looked for at each call: WKWebView, Capacitor, Android, Flutter, React Native
   * @example shellRefresh({ bridge: { send: message => electron.invoke('latchkey', message) } })
   */
  readonly bridge?: ShellBridge | undefined
}

/** @throws ConfigurationError */
export function checkShellOptions(options: ShellOptions): void {
  const bridge = '`{ send: message => … }`'
  checkOptions(options, { name: aText, bridge: [value => has(value, 'send'), bridge] })
}

/** What a shell puts into the page to be posted to. */
interface Channel {
  postMessage(text: string): unknown
}

interface Globals {
  readonly webkit?: { readonly messageHandlers?: Readonly<Record<string, unknown>> }
  readonly Capacitor?: {
    readonly PluginHeaders?: readonly { readonly name: string }[]
    nativePromise?(plugin: string, method: string, options: object): unknown
  }
  readonly flutter_inappwebview?: { callHandler?(name: string, message: object): unknown }
  readonly ReactNativeWebView?: unknown
}

export interface FoundBridge extends ShellBridge {
  /** Where responses may arrive besides the window. */
  readonly channel?: unknown
}

type Look = (globals: Globals & Readonly<Record<string, unknown>>, name: string) => FoundBridge | false | undefined

function textBridge(found: unknown): FoundBridge | false {
  const { postMessage, window } = Object(found) as Partial<Channel & { readonly window: unknown }>
  // Not a window: `<iframe name="latchkey">` is found under that name, and would be posted to.
  const isChannel = typeof postMessage === 'function' && window !== found
  return isChannel && { channel: found, send: message => (found as Channel).postMessage(JSON.stringify(message)) }
}

/** Bridges that have a name for this app come before those that serve everything. */
const looks: Readonly<Record<ShellKind, Look>> = {
  ios: ({ webkit }, name) => textBridge(webkit?.messageHandlers?.[name]),
  capacitor({ Capacitor: capacitor }, name) {
    const isThere = capacitor?.nativePromise && (capacitor.PluginHeaders?.some(header => header.name === name) ?? true)
    // Never the plugin's own object: it is a proxy that has every property, `then` too, so awaiting it never ends.
    return isThere && { send: message => capacitor.nativePromise?.(name, 'send', message) }
  },
  android: (globals, name) => textBridge(globals[name]),
  flutter: ({ flutter_inappwebview: flutter }, name) =>
    flutter?.callHandler && { send: message => flutter.callHandler?.(name, message) },
  'react-native': ({ ReactNativeWebView }) => textBridge(ReactNativeWebView),
}

export function findBridge(name = 'latchkey'): readonly [FoundBridge, ShellKind] | undefined {
  for (const kind of Object.keys(looks) as ShellKind[]) {
    try {
      const found = looks[kind](globalThis as unknown as Parameters<Look>[0], name)
      if (found) return [found, kind]
    } catch {
      // Something else has that name.
    }
  }
  return undefined
}

/**
 * Which native shell the page is in; `null`: in none. So that one bundle serves browsers and apps. Any page can pretend to be in
 * one: do not decide about security by it.
 *
 * @example
 * createClient({ baseUrl, refresh: shellKind() ? shellRefresh() : cookieRefresh({ url, signOutUrl }) })
 */
export const shellKind = (options?: Pick<ShellOptions, 'name'>): ShellKind | null =>
  findBridge(options?.name)?.[1] ?? null
