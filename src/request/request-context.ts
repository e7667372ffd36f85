import { checkValues, isFlag, isFunction, type OptionRules } from '../checks/option-rules.ts'
import { isOneShot } from '../http/bodies.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import { readMember, readRequestOption } from '../platform/fetch.ts'
import { pageBaseUrl, parseUrl } from '../platform/page.ts'
import type { Learn } from '../schemes/scheme.ts'
import type { NotRefreshedReason, NotReplayableReason } from '../session/events.ts'
import type { SessionState } from '../session/state.ts'
import { type Init, readInit } from './read-init.ts'

/**
 * Options of one request, besides ky's or `fetch`'s. In `extend()` they become the defaults of that instance and its `.fetch`.
 */
export interface AuthRequestOptions {
  /**
   * - `true`: sends the token. A 401 refreshes and replays. A 401 while no user is signed in calls `onLoginRequired`.
   * - `'optional'`: the same, but never calls `onLoginRequired`. For endpoints that also serve anonymous users, and probes
   *   (`/me`).
   * - `false`: sends no credentials, and returns a 401 to the caller. For login, registration, password reset.
   * @default true
   * @example api.post('auth/login', { json: form, auth: false })
   */
  readonly auth?: boolean | 'optional' | undefined
  /**
   * Whether the request may be sent again after a 401. `false`: never. A function makes the body of the replay, for streams,
   * which can be read only once. It is called for each further send.
   * @default true, if the body can be sent again
   * @example api.post('upload', { body: file.stream(), duplex: 'half', replay: () => file.stream() })
   */
  readonly replay?: boolean | (() => BodyInit | PromiseLike<BodyInit>) | undefined
  /** Required by `fetch` with a stream body, and missing in TypeScript's own `RequestInit`. */
  readonly duplex?: 'half' | undefined
}

export const requestRules: OptionRules<Pick<AuthRequestOptions, 'auth' | 'replay'>> = {
  auth: [value => isFlag(value) || value === 'optional', "true, false or 'optional'"],
  replay: [value => isFlag(value) || isFunction(value), 'true, false or a function that makes the body'],
}

export type FetchInit = RequestInit & AuthRequestOptions

/** What ky's form of a call knows, and the arguments of `fetch` do not show. */
export interface FetchAdapter extends Pick<AuthRequestOptions, 'auth' | 'replay'> {
  readonly transport: typeof globalThis.fetch
  /**
   * Shared by the requests of one call: ky's retries. `sessionId` is that of the attempt before, in which the next one goes on;
   * `wasOfNoSession`: no user was signed in. No more of a request is in it: an app may keep what holds it, and tokens must go.
   */
  readonly call?: { readonly id: number; sessionId: string | null; wasOfNoSession?: boolean } | undefined
  /** The body as the caller passed it, if `input` holds a stream of it; absent if only `input` has it. */
  readonly source?: (() => BodyInit | null) | undefined
  /** ky sends the body as a stream, to count its progress. */
  readonly isStream?: boolean | undefined
  /** Called before the call waits for anything but its response (a refresh, a login), and before it is sent again. */
  readonly onWait?: (() => void) | undefined
  /** Aborts the waiting, instead of the request's own signal. Read when the waiting begins. */
  readonly signal?: AbortSignal | undefined
}

/** One request: what the caller passed, and what has happened to it so far. */
export interface RequestContext {
  readonly id: number
  readonly adapter: FetchAdapter
  /** What is sent. It must be the same value that `url` was read from, or an untrusted origin could get the token. */
  readonly input: RequestInfo
  readonly request: Request | undefined
  /** The init as it was at the call, with the headers of a `Request`. Each send is made from it. */
  readonly init: Init
  /** The absolute URL that is sent, as text. */
  readonly address: string
  /** Parsed when first needed: {@link urlOf}. */
  parsedUrl: URL | null
  /** Whether the final URL is of an origin that may get credentials. */
  readonly isTrusted: boolean
  readonly method: string
  readonly auth: AuthRequestOptions['auth']
  readonly replay: AuthRequestOptions['replay']
  /** Why it cannot be replayed; `null` if it can. */
  readonly notReplayableReason: NotReplayableReason | null
  /** The first send uses up the body of the caller's own `Request`; this copy is for the replay. */
  replayCopy: Request | undefined
  /** The session in which it began. It is never sent in another one. `null`: no user was signed in. */
  sessionId: string | null
  /** It is sent without credentials: no user is signed in, or a login dialog is open. */
  isAnonymous: boolean
  /** The state of the session when it last looked what it must wait for. */
  lookedAt: SessionState | null
  /** The state of the session at its last send. */
  sentWith: SessionState | null
  isReplay: boolean
  /** Its first replay was rejected, and a newer token has come meanwhile. */
  isSecondReplay?: boolean
  /** Reads the response for the scheme, if the scheme proves each send (DPoP). */
  learn?: Learn | undefined
  /**
   * The reasons for which this send was proved again (nonce, clock). Each counts once; the first send and the replay count apart.
   */
  provedAnewFor: string
  /** Why its 401 caused no refresh, if the app should know. */
  notRefreshed: NotRefreshedReason | null
  /** The response because of which it waits or is replayed. Its body has been released. */
  rejectedResponse: Response | null
  /** The credentials of the refresh that it waited for. */
  awaitedCredentials: object | null
  /** Its error has been emitted. */
  hasFailed: boolean
}

/** A request after its first send. */
export type SentRequest = RequestContext & { readonly sentWith: SessionState }

/** The URL of a request. Most requests need none: only a 401, events, proofs and audiences look at it. */
export function urlOf(context: Pick<RequestContext, 'address' | 'parsedUrl'>): URL {
  context.parsedUrl ??= new URL(context.address)
  return context.parsedUrl
}

/** The signal that aborts waiting: the call's, else the request's own. */
export function signalOf({ adapter, init, request }: RequestContext): AbortSignal | null | undefined {
  return adapter.signal ?? readRequestOption(init, request, 'signal')
}

interface ContextPorts {
  readonly trusted: () => TrustedOrigins
  readonly nextId: () => number
}

/** Copies the arguments, as `fetch` does: later changes by the caller must not reach a waiting request. `null`: not a URL. */
export type CreateContext = (
  input: RequestInfo,
  given: FetchInit | null | undefined,
  adapter: FetchAdapter,
) => RequestContext | null

export const createContexts =
  (ports: ContextPorts): CreateContext =>
  (input, given, adapter) => {
    const trusted = ports.trusted()
    const request = typeof input === 'string' ? undefined : input
    const text = typeof input === 'string' ? input : readMember(input, 'url')
    const isFixed = trusted.hasNormalized(text)
    const url = isFixed ? null : parseUrl(text, request || absolute.test(text) ? undefined : pageBaseUrl())
    if (!isFixed && !url) return null
    const init = readInit(given, request)
    const auth = given?.auth ?? adapter.auth
    const replay = given?.replay ?? adapter.replay
    if ((auth ?? replay) !== undefined) checkValues({ auth, replay }, requestRules)
    return {
      id: adapter.call?.id ?? ports.nextId(),
      address: url ? url.href : text,
      parsedUrl: url,
      isTrusted: !url || trusted.has(url),
      input: request ?? (url ? url.href : text),
      request,
      init,
      adapter,
      auth,
      replay,
      method: `${readRequestOption(init, request, 'method') ?? 'GET'}`.toUpperCase(),
      notReplayableReason: readRequestOption(init, request, 'keepalive')
        ? 'keepalive'
        : whyNotReplayable(replay, adapter, init.body),
      replayCopy: undefined,
      sessionId: adapter.call?.sessionId ?? null,
      isAnonymous: false,
      lookedAt: null,
      sentWith: null,
      isReplay: false,
      learn: undefined,
      provedAnewFor: '',
      notRefreshed: null,
      rejectedResponse: null,
      awaitedCredentials: null,
      hasFailed: false,
    }
  }

/** An absolute URL needs no base. Reading and parsing the base is the most expensive part. */
const absolute = /^https?:\/\//i

function whyNotReplayable(
  replay: AuthRequestOptions['replay'],
  { source }: FetchAdapter,
  body: BodyInit | null | undefined,
): NotReplayableReason | null {
  if (replay === false) return 'replay-false'
  if (typeof replay === 'function') return null
  return isOneShot(source ? source() : body) ? 'one-shot-body' : null
}
