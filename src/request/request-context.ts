import { isOneShot } from '../http/bodies.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import { readMember, readRequestOption } from '../platform/fetch.ts'
import { pageBaseUrl, parseUrl } from '../platform/page.ts'
import type { Learn } from '../schemes/scheme.ts'
import type { NotRefreshedReason, NotReplayableReason } from '../session/events.ts'
import type { SessionState } from '../session/state.ts'
import { type Init, readInit } from './read-init.ts'

/** Per request, beside ky's own; also in `extend()`, where they become that instance's defaults, its `.fetch` included. */
export interface AuthRequestOptions {
  /**
   * - `true`: the token goes along; a 401 refreshes and replays; with nobody signed in, a 401 asks for login.
   * - `'optional'`: the same, but nobody is asked to log in. For what also answers strangers, and for probes (`/me`).
   * - `false`: without credentials. No token, and a 401 is the caller's. For login, registration, password reset.
   * @default true
   */
  readonly auth?: boolean | 'optional' | undefined
  /**
   * `false`: never sent twice. A function: makes the body again, for one-shot streams.
   * @default true, if the body can be sent again
   */
  readonly replay?: boolean | (() => BodyInit | PromiseLike<BodyInit>) | undefined
  /** What `fetch` wants beside a stream body; TypeScript's own `RequestInit` does not know it. */
  readonly duplex?: 'half' | undefined
}

export type FetchInit = RequestInit & AuthRequestOptions

/** What the form round `fetch` (ky's) knows, and `fetch`'s own arguments do not show. */
export interface FetchAdapter extends Pick<AuthRequestOptions, 'auth' | 'replay'> {
  readonly transport: typeof globalThis.fetch
  /** Where one call is made of several: ky's retries. */
  readonly id?: number | undefined
  /** The body as the caller gave it, where `input` holds a stream of it; absent if only `input` has it. */
  readonly source?: (() => BodyInit | null) | undefined
  /** Told when the call has to wait for something that is not the server's answer to it, and before it is sent again. */
  readonly onWait?: (() => void) | undefined
  /** Ends the waiting, in place of the request's own signal; read once the waiting begins. */
  readonly signal?: AbortSignal | undefined
}

/** One request on its way: what was asked for, and what became of it so far. */
export interface RequestContext {
  readonly id: number
  readonly adapter: FetchAdapter
  /** What is sent: it is what was judged. */
  readonly input: RequestInfo
  readonly request: Request | undefined
  /** As it was when asked for, with the headers of a `Request` too; from it each send is made. */
  readonly init: Init
  /** The absolute URL that is sent, as text. */
  readonly address: string
  /** Parsed when it is needed first: {@link urlOf}. */
  parsedUrl: URL | null
  /** Whether the final URL is of an origin that may get credentials. */
  readonly isTrusted: boolean
  readonly method: string
  readonly auth: AuthRequestOptions['auth']
  readonly replay: AuthRequestOptions['replay']
  /** Why it cannot be sent again, if so. */
  readonly notReplayableReason: NotReplayableReason | null
  /** A caller's own `Request` is used up by its first send; this one is for the replay. */
  replayCopy: Request | undefined
  /** The session that it was begun in, and is only ever sent in; `null`: nobody's. */
  sessionId: string | null
  /** It goes out without credentials: nobody is signed in, or they are being asked to log in. */
  isAnonymous: boolean
  /** What the session was when it was last sent. */
  sentWith: SessionState | null
  isReplay: boolean
  /** Where the scheme proves each send: what takes its answer. */
  learn?: Learn | undefined
  /** What this send was proved anew for, so that each reason counts once: the first send and the replay count apart. */
  provedAnewFor: string
  /** Why its 401 caused no refresh, where the app should know. */
  notRefreshed: NotRefreshedReason | null
  /** The answer that makes it wait, or be sent again; its body is let go by then. */
  rejectedResponse: Response | null
  /** The credentials that a refresh brought which it waited for. */
  awaitedCredentials: object | null
}

/** The URL of a request. Most requests need none: only a 401, events, proofs and audiences look at it. */
export function urlOf(context: Pick<RequestContext, 'address' | 'parsedUrl'>): URL {
  context.parsedUrl ??= new URL(context.address)
  return context.parsedUrl
}

/** Ends all waiting: of the call, or of the request itself. */
export function signalOf({ adapter, init, request }: RequestContext): AbortSignal | null | undefined {
  return adapter.signal ?? readRequestOption(init, request, 'signal')
}

interface RequestArguments extends Pick<RequestContext, 'id' | 'input' | 'adapter'> {
  readonly init: FetchInit | undefined
  readonly trusted: TrustedOrigins
}

/** As `fetch` does: what the caller changes later, while the request waits, is not of this request. `null`: that is no URL. */
export function createRequestContext({
  id,
  input,
  init: given,
  adapter,
  trusted,
}: RequestArguments): RequestContext | null {
  const request = typeof input === 'string' ? undefined : input
  const text = typeof input === 'string' ? input : readMember(input, 'url')
  const isFixed = trusted.hasText(text)
  const url = isFixed ? null : parseUrl(text, absolute.test(text) ? undefined : pageBaseUrl())
  if (!isFixed && !url) return null
  const init = readInit(given, request)
  const replay = given?.replay ?? adapter.replay
  return {
    id,
    address: url ? url.href : text,
    parsedUrl: url,
    isTrusted: !url || trusted.has(url),
    input: request ?? (url ? url.href : text),
    request,
    init,
    adapter,
    auth: given?.auth ?? adapter.auth,
    replay,
    method: `${readRequestOption(init, request, 'method') ?? 'GET'}`.toUpperCase(),
    notReplayableReason: readRequestOption(init, request, 'keepalive')
      ? 'keepalive'
      : whyNotReplayable(replay, adapter, init.body),
    replayCopy: undefined,
    sessionId: null,
    isAnonymous: false,
    sentWith: null,
    isReplay: false,
    learn: undefined,
    provedAnewFor: '',
    notRefreshed: null,
    rejectedResponse: null,
    awaitedCredentials: null,
  }
}

/** An absolute URL has no use for the base, whose reading and parsing is the dearest part of it. */
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
