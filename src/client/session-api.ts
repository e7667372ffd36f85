import { check } from '../errors.ts'
import type { Outcome } from '../refresh/refresh-ports.ts'
import { sendsOf, type WithSends } from '../request/sends.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { eventTypes, type SessionEvents } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import { type SessionSnapshot, toSnapshot } from '../session/snapshot.ts'
import type { SessionState } from '../session/state.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { createSignOut, type SignOutResult } from './sign-out.ts'
import { createTokenAccess } from './token-access.ts'
import type { ClientParts } from './wiring.ts'

/** Who is signed in. No method needs `this`. */
export interface Session<Claims extends object = JwtClaims> {
  /** The same object until something changed, as React's `useSyncExternalStore` wants. */
  getSnapshot(): SessionSnapshot<Claims>
  /**
   * Always the same: what `initial` says, else `status` is `'unknown'`, as on a server and in the page while it hydrates. React's
   * third argument.
   */
  getServerSnapshot(): SessionSnapshot<Claims>
  /** Short for `getSnapshot().status`. */
  readonly status: SessionSnapshot['status']
  subscribe(listener: () => void): () => void
  /** @throws ConfigurationError for an event that does not exist, naming those that do */
  on<Type extends keyof SessionEvents<Claims>>(
    type: Type,
    listener: (event: SessionEvents<Claims>[Type]) => void,
  ): () => void
  /**
   * Resolves when it is known whether somebody is signed in: reads the store and, for an ambient strategy, asks the server
   * once. Never rejects and never asks for login: `status` is still `'unknown'` if the server could not be asked.
   * For router guards: `(await api.session.ready()).status === 'signed-out'`. While `status` is `'unknown'` it is one and the
   * same promise, until it is time to ask the server once more; for React: `if (status === 'unknown') use(session.ready())`.
   */
  ready(): Promise<SessionSnapshot<Claims>>
  /**
   * Takes over what a login brought. It counts at once, the promise tells when it is stored and other tabs know.
   * Of the same subject it continues the session (step-up, new scopes); of another, or an unknown one, it starts a new one.
   * @throws ConfigurationError if there is no `accessToken`, `access_token` or `cookie: true` in it
   */
  signIn(input: SessionInput): Promise<void>
  /**
   * Ends the session at once, offline too, in every tab. Resolves when that is stored; never rejects. `onLoginRequired` is
   * not told. The server is told at the same time by the strategy's `revoke`; to wait for it, await `revoked` of the result.
   * Takes nothing, so that it can be an `onClick`.
   * @example
   * const { revoked } = await api.session.signOut()
   * await revoked
   * location.assign('/goodbye')
   */
  signOut(): Promise<SignOutResult>
  /**
   * Renews now: "stay signed in", changed roles. Joins a refresh under way.
   * @throws RefreshUnavailableError | SessionEndedError
   */
  refresh(): Promise<SessionSnapshot<Claims>>
  /**
   * A token that is good now, for a WebSocket, a worker or another SDK. Refreshes first if need be.
   * @throws SessionEndedError if nobody is signed in · RefreshUnavailableError · ConfigurationError in a cookie session
   */
  getAccessToken(options?: { readonly minValidityMs?: number | undefined }): Promise<string>
  /** For `id_token_hint`; take it before `signOut()`. */
  getIdToken(): string | null
}

export function createSessionApi<Claims extends object>(
  core: ClientParts,
  { strategy }: ResolvedOptions,
): Session<Claims> & WithSends {
  const { session, refresher, storeSync } = core
  const { ambient = false } = strategy
  let shown: SessionState = session.state
  const serverSnapshot = toSnapshot<Claims>(shown)
  let snapshot = serverSnapshot
  let readying: { readonly snapshot: Promise<SessionSnapshot<Claims>>; isOver: boolean } | undefined

  function getSnapshot(): SessionSnapshot<Claims> {
    if (shown !== session.state) {
      shown = session.state
      snapshot = toSnapshot(shown)
    }
    return snapshot
  }

  const makeReady = () => restored().then(getSnapshot)

  /** What a session is to be restored by has ended; `undefined`: it is known without. What it brought is in the state. */
  async function restored(): Promise<Outcome | undefined> {
    await storeSync.syncIfStale()
    return ambient && session.state.status === 'unknown' ? refresher.start('restore').outcome : undefined
  }

  function ready(): Promise<SessionSnapshot<Claims>> {
    if (session.state.status !== 'unknown') return makeReady()
    // A component that renders again while the status is unknown must not ask the server each time.
    if (!readying || storeSync.isClosed || (readying.isOver && (!refresher.blockedBy() || storeSync.syncIfStale()))) {
      const begun = { snapshot: makeReady(), isOver: false }
      begun.snapshot.then(() => {
        begun.isOver = true
      })
      readying = begun
    }
    return readying.snapshot
  }

  const { refresh, getAccessToken } = createTokenAccess(core, restored)

  return {
    getSnapshot,
    [sendsOf]: core.sends,
    getServerSnapshot: () => serverSnapshot,
    get status() {
      return getSnapshot().status
    },
    subscribe: listener => session.changed.add(() => listener()),
    on(type, listener) {
      check(eventTypes.includes(type), 'session.on', `'${type}' is none of ${eventTypes.join(', ')}`)
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
