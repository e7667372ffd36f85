// (7) Capacitor with native secure storage; webviews whose shell holds the refresh token
import { createClient, type KeyValueStorage } from 'latchkey'
import {
  followShell,
  type ShellBridge,
  type ShellEvent,
  type ShellKind,
  type ShellMessage,
  type ShellResponse,
  shellKind,
  shellLogin,
  shellRefresh,
} from 'latchkey/webview'

declare const SecureStorage: {
  get(options: { key: string }): Promise<{ value: string | null }>
  set(options: { key: string; value: string }): Promise<void>
}
const native: KeyValueStorage = {
  getItem: async key => (await SecureStorage.get({ key })).value,
  setItem: (key, value) => SecureStorage.set({ key, value }),
}
export const capacitor = createClient({
  baseUrl: 'https://api.example.com/',
  store: native,
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  whenOffline: 'wait',
  limits: { reuseIntervalMs: 30_000 },
  onLoginRequired: () => {
    location.hash = '#/login'
  },
})

export const inShell = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: shellRefresh(),
  reauthenticate: shellLogin(),
})
export const stop: () => void = followShell(inShell)

interface Claims {
  readonly sub: string
  readonly tenant: string
}
declare const invoke: (command: string, message: ShellMessage) => Promise<unknown>
const bridge: ShellBridge = { send: (message, signal) => (signal.aborted ? undefined : invoke('session', message)) }
export const typed = createClient<Claims>({
  baseUrl: 'https://api.example.com/',
  refresh: shellRefresh({ bridge, name: 'session' }),
  reauthenticate: shellLogin({ bridge }),
})
followShell(typed, { bridge })

export const kind: ShellKind | null = shellKind()
export const event: ShellEvent = { latchkey: 1, type: 'signed-out' }
export const responses: readonly ShellResponse[] = [
  { latchkey: 1, status: 'signed-in', session: { accessToken: 'x', subject: 'alice', expiresInSeconds: 60 } },
  { latchkey: 1, status: 'signed-in', session: { cookie: true } },
  { latchkey: 1, id: '1', status: 'unavailable', retryAfterSeconds: 5 },
  // @ts-expect-error a session that is over is a status of its own
  { latchkey: 1, status: 'signed-in', session: null },
]
// @ts-expect-error a bridge sends
shellRefresh({ bridge: { call: invoke } })
