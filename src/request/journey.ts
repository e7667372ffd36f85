import { isOneShot } from '../http/replay.ts'
import { unlessAborted } from '../platform/abort.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import type { WhyNotReplayable } from '../session/events.ts'
import type { SessionState } from '../session/state.ts'

/** Per request, beside ky's own; also in `extend()`, where they become that instance's defaults, its `.fetch` included. */
export interface AuthRequestOptions {
  /**
   * - `true`: the token goes along; a 401 refreshes and replays; with nobody signed in, a 401 asks for login.
   * - `'optional'`: the same, but nobody is asked to log in. For what also answers strangers, and for probes (`/me`).
   * - `false`: bare. No token, and a 401 is the caller's. For login, registration, password reset.
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
export interface Call extends Pick<AuthRequestOptions, 'auth' | 'replay'> {
  readonly transport: typeof globalThis.fetch
  /** The body as the caller gave it, where `input` holds a stream of it; absent if only `input` has it. */
  readonly source?: (() => BodyInit | null) | undefined
  /** Told when the call has to wait for something that is not the server's answer to it, and before it is sent again. */
  readonly onWait?: (() => void) | undefined
  /** Ends the waiting, in place of the request's own signal; read once the waiting begins. */
  readonly signal?: AbortSignal | undefined
}

/** One request on its way: what was asked for, and what became of it so far. */
export interface Journey {
  readonly id: number
  readonly call: Call
  readonly input: RequestInfo | URL
  readonly request: Request | undefined
  readonly init: FetchInit | undefined
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly signal: AbortSignal | null
  readonly auth: true | 'optional'
  /** As `init` had it; from it each send is made. */
  body: BodyInit | null | undefined
  /** Why it cannot be sent again, if so. */
  readonly once: WhyNotReplayable | null
  /** A caller's own `Request` is used up by its first send; this one is for the replay. */
  copy: Request | undefined
  /** The session it belongs to; `null` while it belongs to nobody's. */
  session: string | null
  /** What the session was when it was last sent. */
  left: SessionState | null
  replayed: boolean
  /** Where the scheme proves each send: what takes its answer. */
  learn?: Learn | undefined
  /** Which send was proved a second time last: `false` the first one, `true` the replay. */
  provedAnew: boolean | null
  /** Of the answer that made it be sent again. */
  refusedStatus: number
  /** The credentials that a refresh brought which it waited for. */
  waitedFor: object | null
}

/** Ends all waiting: of the call, or of the request itself. */
export const signalOf = ({ call, signal }: Journey): AbortSignal | null => call.signal ?? signal

export const isRequest = (input: RequestInfo | URL): input is Request =>
  typeof input === 'object' && 'url' in input && 'method' in input

/** An init as it is now, its inherited members too, as `fetch` reads them: a `Request` may stand where the init does. */
export function readInit(init: FetchInit | undefined): FetchInit | undefined {
  const read: Record<string, unknown> = {}
  for (const name in init) read[name] = init[name as keyof FetchInit]
  return init && read
}

const replayOf = (init: FetchInit | undefined, call: Call) => init?.replay ?? call.replay

function whyOnce(init: FetchInit | undefined, request: Request | undefined, call: Call): WhyNotReplayable | null {
  const replay = replayOf(init, call)
  if (init?.keepalive ?? request?.keepalive) return 'keepalive'
  if (replay === false) return 'replay-false'
  if (typeof replay === 'function') return null
  return isOneShot(call.source ? call.source() : init?.body) ? 'one-shot-body' : null
}

export function createJourney(
  id: number,
  url: URL,
  auth: true | 'optional',
  input: RequestInfo | URL,
  request: Request | undefined,
  init: FetchInit | undefined,
  headers: Headers,
  call: Call,
): Journey {
  return {
    id,
    url,
    auth,
    input,
    request,
    init,
    headers,
    call,
    method: (init?.method ?? request?.method ?? 'GET').toUpperCase(),
    signal: (init?.signal === undefined ? request?.signal : init.signal) ?? null,
    body: init?.body,
    once: whyOnce(init, request, call),
    copy: undefined,
    session: null,
    left: null,
    replayed: false,
    learn: undefined,
    provedAnew: null,
    refusedStatus: 0,
    waitedFor: null,
  }
}

const mayHaveBody = ({ method }: Journey): boolean => method !== 'GET' && method !== 'HEAD'

/** Taken before a send that may not be the last: a used body cannot be cloned (Fetch, "unusable"). Only where nothing else holds the body. */
export function keepCopy(journey: Journey): void {
  const { request, init, call, once, replayed, learn } = journey
  const source = journey.copy ?? request
  const known = once || init?.body || call.source || typeof replayOf(init, call) === 'function'
  // Whether it has a body is not asked: in WebKit a look at `body` spoils one that is FormData with a file.
  const has = source && !known && !source.bodyUsed && mayHaveBody(journey)
  journey.copy = has && (learn || !replayed) ? source.clone() : undefined
}

/**
 * The arguments for one send. The body is sent from where the caller gave it, so nothing is cloned for it.
 * Given an init, `fetch` resets a Request's referrer (Fetch, Request constructor), so that is carried over.
 */
export async function replayInit(journey: Journey): Promise<Outgoing> {
  const { request, init, call } = journey
  const headers = new Headers(journey.headers)
  const next = sendInit(journey, headers)
  if (!mayHaveBody(journey)) return next
  const replay = replayOf(init, call)
  const body =
    typeof replay === 'function' ? await unlessAborted(Promise.resolve(replay()), signalOf(journey)) : call.source?.()
  if (body !== undefined) {
    next.body = body
    // Its boundary belongs to the first sending; `fetch` writes the new one.
    if (body instanceof FormData && request) headers.delete('content-type')
    if (isOneShot(body)) Object.assign(next, { duplex: 'half' })
  }
  return next
}

export function sendInit({ request, init, body }: Journey, headers: Headers): Outgoing {
  const { auth: _auth, replay: _replay, ...rest } = init ?? {}
  const { referrer, referrerPolicy } = request ?? {}
  return { ...(request && { referrer, referrerPolicy }), ...rest, ...(body && { body }), headers } as Outgoing
}
