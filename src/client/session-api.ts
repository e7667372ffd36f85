import { check, RefreshUnavailableError, SessionEndedError } from '../errors.ts'
import type { Outcome } from '../refresh/refresh-ports.ts'
import { unavailable } from '../refresh/unavailable.ts'
import { sendsOf, type WithSends } from '../request/sends.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { eventTypes, type SessionEvents } from '../session/events.ts'
import { remainingLifetimeMs } from '../session/expiry.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import { type SessionSnapshot, toSnapshot } from '../session/snapshot.ts'
import type { SessionState } from '../session/state.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { createSignOut, type SignOutResult } from './sign-out.ts'
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
  const { session, refresher, login, storeSync, clock, canRefresh, waits } = core
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
    // Who renders again and again while it cannot be known must not ask again and again.
    if (!readying || storeSync.isClosed || (readying.isOver && (!refresher.blockedBy() || storeSync.syncIfStale()))) {
      const begun = { snapshot: makeReady(), isOver: false }
      begun.snapshot.then(() => {
        begun.isOver = true
      })
      readying = begun
    }
    return readying.snapshot
  }

  /** The session once it is known, if there is one, and how long its token is good. */
  async function held(): Promise<{ readonly sessionId: string | null; readonly validMs: number }> {
    const outcome = await restored()
    const { credentials, endReason, sessionId: id, status } = session.state
    if (outcome?.kind === 'disposed') throw new SessionEndedError('disposed')
    if (status === 'unknown') {
      const isKnown = outcome?.kind === 'unavailable'
      throw new RefreshUnavailableError(isKnown ? outcome : unavailable('store', 1000, 'it does not answer'))
    }
    if (!credentials) throw new SessionEndedError(endReason ?? 'not-signed-in')
    // Not waited for: it may well be the dialog itself that asks.
    if (login.reauthentication?.kind === 'login') {
      throw new RefreshUnavailableError(unavailable('reauthenticating', 1000, ''))
    }
    return { sessionId: id, validMs: validMs() }
  }

  async function refresh(): Promise<SessionSnapshot<Claims>> {
    const waiter = await held()
    check(canRefresh(), 'refresh', 'give createClient one, and signIn a refresh token')
    await waits.awaitRefresh(refresher.start('manual'), waiter)
    // Somebody signed in meanwhile, by a cookie alone, or in a tab that shares no tokens.
    return session.state.credentials?.tokensElsewhere ? refresh() : getSnapshot()
  }

  const validMs = (): number => {
    const { credentials, monotonicSentAt } = session.state
    return credentials ? remainingLifetimeMs(credentials, monotonicSentAt, clock) : 0
  }
  /** What `minValidityMs` last brought, and how long that was good: nothing better is to be had by asking again. */
  let best: { readonly token: string | null | undefined; readonly validMs: number } | undefined

  async function getAccessToken(options: { readonly minValidityMs?: number | undefined } = {}): Promise<string> {
    const { minValidityMs = 0 } = options
    const waiter = await held()
    const expired = waiter.validMs <= 0
    const isBest =
      best?.token === session.state.credentials?.accessToken &&
      minValidityMs > (best?.validMs ?? Number.POSITIVE_INFINITY)
    const isTooOld = expired || (waiter.validMs < minValidityMs && !isBest)
    if (refresher.flightOf()?.blocksRequests || (canRefresh() && isTooOld)) {
      try {
        await waits.awaitRefresh(refresher.start(expired ? 'expired' : 'manual'), waiter)
        best = { token: session.state.credentials?.accessToken, validMs: validMs() }
      } catch (error) {
        // A token that is still good is better than none.
        if (!(error instanceof RefreshUnavailableError) || validMs() <= 0) throw error
      }
    }
    // However the refresh ended: who signed in, or out, meanwhile is not whose token was asked for.
    waits.assertSameSession(waiter)
    const { accessToken, tokensElsewhere } = session.state.credentials ?? {}
    // Somebody signed in meanwhile, in a tab that shares no tokens.
    if (tokensElsewhere) return getAccessToken(options)
    check(accessToken, null, 'A cookie session has no access token.')
    return accessToken
  }

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
    refresh,
    getAccessToken,
    getIdToken: () => session.state.credentials?.idToken ?? null,
  }
}
