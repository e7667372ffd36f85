import ky, { type Hooks, type Input, type KyInstance, type Options as KyOptions, replaceOption, TimeoutError } from 'ky'
import { isOptions } from '../checks/option-rules.ts'
import { copyBody, isOneShot } from '../http/bodies.ts'
import { transportOf } from '../http/transport.ts'
import { asOwnFetch } from '../platform/fetch.ts'
import type { FetchAdapter } from '../request/request-context.ts'
import { isSamePerson } from '../session/identity.ts'
import { kyTimeoutMs } from '../time/delays.ts'
import { absolute, checkClientHeaders, checkLastSegment, checkRequestOptions } from './check-options.ts'
import type { Client } from './client.ts'
import { isReplacing, namesFor } from './ky-options.ts'
import { outsideTimeouts } from './ky-timeouts.ts'
import type { RequestOptions } from './options.ts'
import type { Session } from './session-api.ts'
import type { ClientParts } from './wiring.ts'

const methods = ['get', 'post', 'put', 'patch', 'delete', 'query', 'head'] as const
type Method = (typeof methods)[number]
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** Hooks that can replace the request that ky made of the options. */
const replacing: readonly (keyof Hooks)[] = ['beforeRequest', 'beforeRetry', 'afterResponse']

/** The first instance of a client. */
export function createKyAdapter<Claims extends object>(
  options: RequestOptions,
  core: ClientParts,
  session: Session<Claims>,
): Client<Claims> {
  const inner = ky.create(options)
  checkClientHeaders(defaultsOf(inner))
  return wrapKy(inner, core, session)
}

/**
 * ky around the request pipeline. Nothing of ours is stored in an instance's options or hooks, which `replaceOption` or
 * `undefined` would remove: each call wraps the chosen `fetch`. If `init` hooks may still change the options, ours runs last.
 */
function wrapKy<Claims extends object>(inner: KyInstance, core: ClientParts, session: Session<Claims>): Client<Claims> {
  const defaults = defaultsOf(inner)
  // Let ky merge them: only ky can read `replaceOption(…)` and the function form of `extend`.
  checkRequestOptions(defaults, namesFor(defaults.fetch))
  checkLastSegment(defaults.baseUrl)
  // Merged separately, since `undefined` overrides in ky's merging.
  const { auth, replay, baseUrl } = defaults
  const base = baseUrl === undefined ? undefined : absolute(baseUrl)
  if (base && auth !== false && !core.trusted().has(base))
    console.warn(`latchkey: ${base.origin} gets no token. Add it to \`trustedOrigins\`, or write \`auth: false\`.`)
  const send = (method: Method | null, input: Input, options?: RequestOptions) => {
    if (options !== undefined && !isOptions(options)) return verbOf(inner, method)(input, options)
    const own = (into: Mutable<RequestOptions>, final: RequestOptions, verb = final.method) =>
      attachPipeline(into, final, { core, input, verb, auth, replay })
    const { hooks = isReplacing(options, replaceOption) ? {} : undefined } = options ?? {}
    if (!hooks && !defaults.hooks?.init?.length && !defaults.hooks?.afterResponse?.length) {
      const final = options ? { ...defaults, ...options } : defaults
      return verbOf(inner, method)(input, own({ ...options }, final, method ?? undefined))
    }
    // First let ky merge what only ky can.
    const instance = hooks ? inner.extend(options ?? {}) : inner
    const init = (final: KyOptions) => void own(final, final)
    return verbOf(instance, method)(input, { ...(!hooks && options), hooks: { init: [init] } })
  }
  const client = ((input: Input, options?: RequestOptions) => send(null, input, options)) as Client<Claims>
  for (const method of methods)
    client[method] = ((input: Input, options?: RequestOptions) => send(method, input, options)) as never
  const plain: FetchAdapter = {
    auth,
    replay,
    get transport() {
      return transportOf(defaults.fetch)
    },
  }
  const members: Pick<Client<Claims>, 'extend' | 'create' | 'fetch' | 'session' | 'stop' | 'retry'> = {
    extend: options => wrapKy(inner.extend(options), core, session),
    create: options => wrapKy(inner.create(options), core, session),
    fetch: asOwnFetch((input, init) => core.pipeline(input, init, plain)),
    session,
    stop: inner.stop,
    retry: inner.retry,
  }
  return Object.assign(client, members)
}

const verbOf = (instance: KyInstance, method: Method | null) => (method ? instance[method] : instance)

/** ky shows an instance's defaults only to the function form of `extend`. */
function defaultsOf(inner: KyInstance): RequestOptions {
  let defaults: RequestOptions = {}
  inner.extend(parent => {
    defaults = parent
    return {}
  })
  return defaults
}

/** One call, with the defaults of its instance. */
interface KyCall extends Pick<FetchAdapter, 'auth' | 'replay'> {
  readonly core: ClientParts
  readonly input: Input
  readonly verb: string | undefined
}

/** Puts the request pipeline between ky and the network. `final`: the merged options that ky will use. */
function attachPipeline(
  into: Mutable<RequestOptions>,
  final: RequestOptions,
  { core, input, verb, auth, replay }: KyCall,
): RequestOptions {
  const { fetch: chosen, timeout = kyTimeoutMs, totalTimeout = false, body, retry, redirect } = final
  const limits = { timeout, totalTimeout, startedAt: totalTimeout === false ? 0 : performance.now(), timedOut }
  const once = isOneShot(body)
  // With a `replay` function ky may clone: the caller wants retries.
  const isTheirs = retry !== undefined && typeof (final.replay ?? replay) === 'function'
  const hooked = isHooked(final)
  const source = hooked && !once ? undefined : sourceOf(final, into, input)
  // ky does not retry these by default, but clones them for retries, which costs a millisecond each in Chromium.
  const spared = retry === undefined && !hooked && unretried.test(verb ?? (input as Request).method ?? '')
  if (core.isInsideCallback()) into.auth = false
  const shareCall = beginCall(core, !!final.hooks?.beforeRequest?.length)
  if (final.hooks?.afterResponse?.length) {
    // Where no user was signed in, a hook that forces a retry may have signed one in for it: it is no retry of ky's own.
    const forced: NonNullable<Hooks['beforeRetry']>[number] = ({ error }) => {
      if (error.name === 'ForceRetryError') shareCall().wasOfNoSession = false
    }
    // The first one: a hook that returns a request or a response is the last that ky calls.
    into.hooks = { ...final.hooks, beforeRetry: [forced, ...(final.hooks.beforeRetry ?? [])] }
  }
  // ky would clone for its retries, and we would clone a hook's replacement: a clone buffers the whole stream.
  // A number, since ky takes no member from what `replaceOption` made but its value.
  if ((once && !isTheirs) || spared) into.retry = 0
  into.fetch = (input, init) => {
    const request = input as Request
    // What neither ky nor `Request` knows, by ky's own lists.
    if (init && Object.keys(init).length > 0) checkRequestOptions(init, namesFor(chosen))
    const call = {
      transport: transportOf(chosen),
      call: shareCall(),
      auth,
      replay,
      source,
      isStream: !!final.onUploadProgress,
      onWait: undefined,
      signal: undefined,
    }
    // A `Request` does not show whether `redirect` was set by the caller, and it loses its referrer with an init (Fetch).
    const { referrer, referrerPolicy } = request
    const given = redirect
      ? { ...init, redirect, referrer, referrerPolicy }
      : Object.keys(init ?? {}).length
        ? init
        : undefined
    return outsideTimeouts(request, call, limits, () => core.pipeline(request, given, call))
  }
  return into
}

/**
 * A call is sent in the session in which it began, and so are its retries, never as another user: ky sends it only after awaits of
 * its own. Before the first send, a hook may sign in, and the call goes on in that session unless it is surely of another user.
 */
function beginCall({ session, nextId }: ClientParts, maySignIn: boolean): () => NonNullable<FetchAdapter['call']> {
  const { credentials, sessionId } = session.state
  const call = { id: nextId(), sessionId: credentials && sessionId }
  // No tokens: an app may keep what holds this.
  const began = credentials && maySignIn ? { subject: credentials.subject, statedBy: credentials.statedBy } : null
  let isFirst = true
  return () => {
    const now = session.state.credentials
    if (isFirst && began && now && isSamePerson(now, began) !== false) call.sessionId = null
    isFirst = false
    return call
  }
}

const timedOut = (request: Request) => new TimeoutError(request)
const unretried = /^(?:post|patch)$/i
const isHooked = ({ hooks }: RequestOptions) => Boolean(hooks && replacing.some(hook => hooks[hook]?.length))

/** The body as the caller passed it, for the replay. `undefined` if only the caller's own `Request` has it. */
function sourceOf(
  { body, json, stringifyJson = JSON.stringify }: RequestOptions,
  into: Mutable<RequestOptions>,
  input: Input,
): (() => BodyInit | null) | undefined {
  if (json === undefined) {
    const kept = copyBody(body) ?? null
    if (kept === null) return typeof input === 'object' && 'method' in input ? undefined : noBody
    return () => kept
  }
  let text: string | undefined
  // Copy the body: the caller may change the object before a replay.
  into.stringifyJson = value => {
    text = stringifyJson(value) ?? JSON.stringify(value)
    return text
  }
  return () => text ?? null
}

const noBody = () => null
