export type { AuthenticatedFetch, Client, RootClient } from './client/client.ts'
export { createClient } from './client/create-client.ts'
export type { ClientOptions, Limits, RequestOptions, SessionOptions } from './client/options.ts'
export type { Session } from './client/session-api.ts'
export type { SignOutResult } from './client/sign-out.ts'
export {
  type AnyLatchkeyError,
  ConfigurationError,
  type EndReason,
  isLatchkeyError,
  LatchkeyError,
  RefreshUnavailableError,
  SessionEndedError,
  StepUpRequiredError,
  type StepUpRequirement,
  type UnavailableReason,
} from './errors.ts'
export { isReplayable } from './http/bodies.ts'
export { type Challenge, readChallenges } from './http/www-authenticate.ts'
export type { LoginRequiredEvent } from './login/login-notifier.ts'
export type { LoginContext, ReauthenticateContext, StepUpContext } from './login/reauthenticator.ts'
export { redirectTo } from './login/redirect-to.ts'
export { safeReturnTo } from './login/return-to.ts'
export type { SendHeaders, SendHeadersContext } from './refresh/post.ts'
export {
  type CookieEndpoint,
  type CookieRefreshOptions,
  type CookieResponse,
  type CookieSessionOptions,
  cookieRefresh,
  cookieSession,
} from './refresh/strategies/cookie-strategies.ts'
export type {
  Post,
  PostInit,
  RefreshContext,
  RefreshFunction,
  RefreshStrategy,
  RevokeContext,
  SignedOutSession,
} from './refresh/strategy.ts'
export type { AuthRequestOptions } from './request/request-context.ts'
export type { ResponseView } from './request/response-view.ts'
export { bearer } from './schemes/bearer.ts'
export type { Scheme } from './schemes/scheme.ts'
export type { JwtClaims } from './session/credentials.ts'
export type { RefreshCause, RequestStep, SessionEvents } from './session/events.ts'
export type { InitialSession } from './session/initial-session.ts'
export type { CookieSession, SessionInput, TokenResponse, Tokens } from './session/parse-tokens.ts'
export type { KeyValueStorage, SessionRecord, SessionStore } from './session/session-store.ts'
export type { SessionSnapshot } from './session/snapshot.ts'
export { indexedDbStore } from './stores/indexed-db.ts'
export { memoryStore } from './stores/memory.ts'
export { type SharedMemoryStoreOptions, sharedMemoryStore } from './stores/shared-memory.ts'
export { webStorageStore } from './stores/web-storage.ts'
