import { findName, isFunction } from '../checks/option-rules.ts'
import { check } from '../errors.ts'
import type { Outcome } from '../refresh/refresh-ports.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { eventTypes, type SessionEvents } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import { type SessionSnapshot, toSnapshot } from '../session/snapshot.ts'
import type { SessionState } from '../session/state.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { createSignOut, type SignOutResult } from './sign-out.ts'
import { createTokenAccess } from './token-access.ts'
import type { ClientParts } from './wiring.ts'

/**
 * The session of a client: sign in and out, read who is signed in, listen to changes. Methods can be passed on without `this`.
 */
export interface Session<Claims extends object = JwtClaims> {
  /**
   * Returns the session's state, without tokens. It is the same object until something changes, as `useSyncExternalStore` needs.
   */
  getSnapshot(): SessionSnapshot<Claims>
  /**
   * Returns the snapshot for a server and for hydration: what `initial` says, else one whose `status` is `'unknown'`. Always the
   * same object. For the third argument of React's `useSyncExternalStore`.
   */
  getServerSnapshot(): SessionSnapshot<Claims>
  /** The same as `getSnapshot().status`. */
  readonly status: SessionSnapshot['status']
  /** Calls `listener` after each change of the snapshot. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void
  /**
   * Calls `listener` for each event of one type. Returns a function that removes it.
   * @throws ConfigurationError for an event that does not exist; the message lists those that do
   * @example api.session.on('ended', () => queryClient.clear())
   */
  on<Type extends keyof SessionEvents<Claims>>(
    type: Type,
    listener: (event: SessionEvents<Claims>[Type]) => void,
  ): () => void
  /**
   * Resolves when it is known whether a user is signed in: reads the store and, for an ambient strategy, asks the server once.
   * Never rejects, and never calls `onLoginRequired`. `status` is still `'unknown'` if the server could not be reached.
   * While `status` is `'unknown'` it returns the same promise, until it is time to ask the server again. For React:
   * `if (status === 'unknown') use(session.ready())`.
   * @example if ((await api.session.ready()).status === 'signed-out') redirect('/login')
   */
  ready(): Promise<SessionSnapshot<Claims>>
  /**
   * Signs a user in with the result of a login. Takes effect at once; the promise resolves when it is stored and other tabs know.
   * The same subject continues the session (step-up, new scopes). Another subject, or an unknown one, starts a new session.
   * @throws ConfigurationError (as a rejection) if the input has no `accessToken`, `access_token` or `cookie: true`, if no header can
   * carry the token, or if its lifetime has no certain unit
   * @example await api.session.signIn(await api.post('auth/login', { json: form, auth: false }).json())
   */
  signIn(input: SessionInput): Promise<void>
  /**
   * Signs the user out at once, in every tab, offline too. Resolves when that is stored; never rejects. Await it before
   * you leave the page. `onLoginRequired` is not called. The strategy's `revoke` tells the server at the same time; await
   * `revoked` of the result to wait for it. It takes no argument, so it can be an `onClick` handler.
   *
   * In cookie modes also await `revoked` before you reload or leave the page, or navigate to a login. If the page is left before
   * the server has answered, and the cookie is still good 5 s after the sign-out, the next page takes it for a new login: the
   * user is signed in again, in all tabs. Until then `status` of a page that starts is `'unknown'`.
   * @example
   * const { revoked } = await api.session.signOut()
   * await revoked
   * location.assign('/goodbye')
   */
  signOut(): Promise<SignOutResult>
  /**
   * Refreshes now: for a "stay signed in" button, or after a change of roles. Joins a refresh that is already running.
   * @throws RefreshUnavailableError if the refresh failed for now; the session stays
   * @throws SessionEndedError if no user is signed in, or the server rejected the refresh
   */
  refresh(): Promise<SessionSnapshot<Claims>>
  /**
   * Returns a valid access token, for a WebSocket, a worker or another SDK. Refreshes first if the token has expired, or is valid
   * for less than `minValidityMs` milliseconds.
   * @throws SessionEndedError if no user is signed in, or the server rejected the refresh
   * @throws RefreshUnavailableError if a refresh was needed and failed for now
   * @throws ConfigurationError in a cookie session, which has no token in the page
   * @example const socket = new WebSocket(url, ['bearer', await api.session.getAccessToken({ minValidityMs: 60_000 })])
   */
  getAccessToken(options?: { readonly minValidityMs?: number | undefined }): Promise<string>
  /** Returns the ID token, or `null`. For `id_token_hint` of an OpenID Connect logout: read it before `signOut()`. */
  getIdToken(): string | null
}

export function createSessionApi<Claims extends object>(
  core: ClientParts,
  { strategy }: ResolvedOptions,
): Session<Claims> {
  const { session, refresher, storeSync } = core
  const { ambient = false } = strategy
  const serverSnapshot = toSnapshot<Claims>(session.state)
  /** Weak: a state has tokens, which must not outlive it where no one reads the next snapshot. */
  const snapshots = new WeakMap<SessionState, SessionSnapshot<Claims>>([[session.state, serverSnapshot]])
  let readying: { readonly snapshot: Promise<SessionSnapshot<Claims>>; isOver: boolean } | undefined

  function getSnapshot(): SessionSnapshot<Claims> {
    const { state } = session
    const snapshot = snapshots.get(state) ?? toSnapshot<Claims>(state)
    snapshots.set(state, snapshot)
    return snapshot
  }

  const makeReady = () => restored().then(getSnapshot)

  /** Reads the store and, for an ambient strategy, refreshes. `undefined`: no refresh was needed. The result is in the state. */
  async function restored(): Promise<Outcome | undefined> {
    await storeSync.syncIfStale()
    return ambient && session.state.status === 'unknown' ? refresher.start('restore').outcome : undefined
  }

  function ready(): Promise<SessionSnapshot<Claims>> {
    if (session.state.status !== 'unknown') return makeReady()
    // A component that renders again while the status is unknown must not ask the server each time.
    if (!readying || storeSync.isClosed || (readying.isOver && (!refresher.blockedBy() || storeSync.syncIfStale()))) {
      const started = { snapshot: makeReady(), isOver: false }
      started.snapshot.then(() => {
        started.isOver = true
      })
      readying = started
    }
    return readying.snapshot
  }

  const { refresh, getAccessToken } = createTokenAccess(core, restored)

  return {
    getSnapshot,
    getServerSnapshot: () => serverSnapshot,
    get status() {
      return getSnapshot().status
    },
    subscribe(listener) {
      check(isFunction(listener), 'session.subscribe', 'write a function')
      return session.changed.add(() => listener())
    },
    on(type, listener) {
      const right = /out$/.test(type) ? 'ended' : findName(String(type), eventTypes)
      const hint = right ? `. Write '${right}'` : ''
      check(eventTypes.includes(type), 'session.on', `'${type}' is not one of ${eventTypes.join(', ')}${hint}`)
      check(isFunction(listener), 'session.on', 'write a function')
      return session.listenersOf(type).add(listener as never)
    },
    ready,
    signIn: input => session.signIn(input),
    signOut: createSignOut(core, ambient),
    refresh: () => refresh().then(getSnapshot),
    getAccessToken,
    getIdToken: () => session.state.credentials?.idToken ?? null,
  }
}
