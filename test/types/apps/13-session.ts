// (13) The session in pages: events, React's external store, routers, development on a LAN
import { createClient, isLatchkeyError, redirectTo, type Session, type SessionEvents, safeReturnTo } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'

interface Claims {
  readonly sub: string
  readonly roles: readonly string[]
}
const allowInsecureRequests = location.hostname === '192.168.1.5'
export const api = createClient<Claims>({
  baseUrl: '/api/',
  allowInsecureRequests,
  refresh: oauthRefresh({ tokenEndpoint: 'http://192.168.1.5/token', clientId: 'spa', allowInsecureRequests }),
  onLoginRequired: redirectTo('/login', { param: 'next' }),
})

declare function useSyncExternalStore<Value>(
  subscribe: (told: () => void) => () => void,
  get: () => Value,
  onServer: () => Value,
): Value
declare function use<Value>(promise: Promise<Value>): Value
export function useRoles(): readonly string[] {
  const { subscribe, getSnapshot, getServerSnapshot, ready }: Session<Claims> = api.session
  const { status, claims } = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
  return (status === 'unknown' ? use(ready()).claims : claims)?.roles ?? []
}

/** As analytics wants it: a reload is no sign-in. */
export function measure(count: (what: string, ms?: number) => void): readonly (() => void)[] {
  const { on } = api.session
  return [
    on('signed-in', ({ tab, claims }) => tab === 'this' && count(`signed in as ${claims?.sub}`)),
    on('restored', ({ from, subject }) => count(`${subject} found in ${from satisfies 'store' | 'server'}`)),
    on('refresh-started', ({ cause, audience }) => count(`${cause} for ${audience ?? 'the session'}`)),
    on('refreshed', ({ durationMs }) => count('refreshed', durationMs ?? undefined)),
    on('refresh-failed', ({ durationMs, error }) => count(error.reason, durationMs)),
    on('reauthenticating', ({ kind, subject }) => count(`${subject}: ${kind satisfies 'login' | 'step-up'}`)),
  ]
}
export const isRestored = (event: SessionEvents[keyof SessionEvents]) => event.type === 'restored'

declare const vue: { readonly query: Readonly<Record<string, string | null | (string | null)[]>> }
declare const next: { readonly query: Readonly<Record<string, string | string[] | undefined>> }
export const targets = [safeReturnTo(vue.query['next']), safeReturnTo(next.query['next'], '/home')]

export function statusOf(error: unknown): number | undefined {
  if (!isLatchkeyError(error) || error.code === 'refresh-unavailable' || error.code === 'configuration')
    return undefined
  // @ts-expect-error not named `response`: axios would write to it
  error.response
  return error.refusedResponse?.status
}
