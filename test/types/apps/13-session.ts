// (13) The session in pages: events, React's external store, routers, development on a LAN
import {
  createClient,
  isLatchkeyError,
  type ResponseView,
  redirectTo,
  type Session,
  type SessionEvents,
  safeReturnTo,
} from 'latchkey'
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
    on('reauthentication-started', ({ kind, subject }) => count(`${subject}: ${kind satisfies 'login' | 'step-up'}`)),
  ]
}
/** What a log says of one step of a request. */
export function logRequests(log: (line: string) => void): () => void {
  return api.session.on('request', event => {
    if (event.step === 'sent' && event.credentials !== 'none') log(event.credentials satisfies 'attached' | 'cookie')
    if (event.step === 'waiting') log(event.for satisfies 'store' | 'refresh' | 'login' | 'step-up' | 'online')
    if (event.step === 'completed')
      log((event.notRefreshed satisfies 'circuit-open' | null) ?? 'refreshed, or no need to')
    // @ts-expect-error only of the last step
    event.notRefreshed
  })
}

/** A backend for frontend that redirects to its login page, asked with `redirect: 'manual'`. */
export const wantsLogin = ({ type, status }: ResponseView): true | undefined =>
  (type satisfies ResponseType) === 'opaqueredirect' || status === 440 || undefined

export const isRestored = (event: SessionEvents[keyof SessionEvents]) => event.type === 'restored'

declare const vue: { readonly query: Readonly<Record<string, string | null | (string | null)[]>> }
declare const next: { readonly query: Readonly<Record<string, string | string[] | undefined>> }
export const targets = [safeReturnTo(vue.query['next']), safeReturnTo(next.query['next'], '/home')]

export function statusOf(error: unknown): number | undefined {
  if (!isLatchkeyError(error) || error.code === 'refresh-unavailable' || error.code === 'configuration')
    return undefined
  // @ts-expect-error not named `response`: axios would write to it
  error.response
  return error.rejectedResponse?.status
}
