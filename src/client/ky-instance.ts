import ky, { type Hooks, type Input, type KyInstance, type Options as KyOptions, TimeoutError } from 'ky'
import { ConfigurationError } from '../errors.ts'
import { isOneShot } from '../http/replay.ts'
import type { Call, FetchInit } from '../request/journey.ts'
import type { Client } from './client.ts'
import type { Core } from './core.ts'
import { outsideTimeouts } from './ky-timeouts.ts'
import type { RequestOptions } from './options.ts'
import { checkRequestOptions, sessionOptionNames } from './resolve-options.ts'
import type { Session } from './session-facade.ts'

const methods = ['get', 'post', 'put', 'patch', 'delete', 'query', 'head'] as const
type Method = (typeof methods)[number]
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** Hooks that can put another request in place of the one that ky made of the options. */
const replacing: readonly (keyof Hooks)[] = ['beforeRequest', 'beforeRetry', 'afterResponse']

/** The first instance of a client. */
export function createKyInstance<Claims extends object>(
  options: RequestOptions,
  core: Core,
  session: Session<Claims>,
): Client<Claims> {
  return wrapKy(ky.create(options), core, session)
}

/**
 * ky round the spine. Nothing of ours lives in a hook of an instance, which `replaceOption` or `undefined` would drop: each
 * call appends our `init` hook last, which wraps whatever `fetch` was chosen and sees the final options.
 */
function wrapKy<Claims extends object>(inner: KyInstance, core: Core, session: Session<Claims>): Client<Claims> {
  const send = (method: Method | null, input: Input, options?: RequestOptions) => {
    const own: Mutable<RequestOptions> = { hooks: { init: [attach(core, input, core.exchanging())] } }
    // Hooks of a call are merged by ky's own rules first; `hooks: replaceOption(…)` is readable to ky alone.
    const instance = options?.hooks ? inner.extend(options) : inner
    const merged = options?.hooks ? own : { ...options, ...own }
    return (method ? instance[method] : instance)(input, isOptions(options) ? merged : options)
  }
  const client = ((input: Input, options?: RequestOptions) => send(null, input, options)) as Client<Claims>
  for (const method of methods)
    client[method] = ((input: Input, options?: RequestOptions) => send(method, input, options)) as never
  const defaults = defaultsOf(inner)
  const plain: Call = {
    get transport() {
      return defaults.fetch ?? globalThis.fetch
    },
  }
  const { auth, replay } = defaults
  const common = auth === undefined && replay === undefined ? undefined : { auth, replay }
  const members: Pick<Client<Claims>, 'extend' | 'create' | 'fetch' | 'session' | 'stop' | 'retry'> = {
    extend: options => wrapKy(inner.extend(checked(options)), core, session),
    create: options => wrapKy(inner.create(checked(options)), core, session),
    fetch: (input, init) => core.spine(input, common ? { ...common, ...init } : init, plain),
    session,
    stop: inner.stop,
    retry: inner.retry,
  }
  return Object.assign(client, members)
}

/** ky shows an instance's defaults only to the function form of `extend`. */
function defaultsOf(inner: KyInstance): RequestOptions {
  let defaults: RequestOptions = {}
  inner.extend(parent => {
    defaults = parent
    return {}
  })
  return defaults
}

const isOptions = (options: unknown): boolean =>
  options === undefined || (Object(options) === options && !Array.isArray(options))

type Extension = RequestOptions | ((parent: RequestOptions) => RequestOptions)

function checked<Given extends Extension | undefined>(options: Given): Given {
  const check = (given: RequestOptions | undefined): RequestOptions | undefined => {
    for (const name of sessionOptionNames) {
      if (given && name in given)
        throw new ConfigurationError(name, 'belongs to createClient: instances share one session')
    }
    if (isOptions(given)) checkRequestOptions(given ?? {})
    return given
  }
  return (typeof options === 'function' ? (parent: RequestOptions) => check(options(parent)) : check(options)) as Given
}

/** The last `init` hook of a call: puts the spine between ky and the network. */
function attach(core: Core, input: Input, bare: boolean): (options: KyOptions) => void {
  return given => {
    const options = given as Mutable<RequestOptions>
    const { fetch: chosen, hooks, timeout = 10_000, totalTimeout = false } = options
    const startedAt = performance.now()
    const limits = { timeout, totalTimeout, timedOut: (request: Request) => new TimeoutError(request) }
    if (bare) options.auth = false
    const source = replacing.some(hook => hooks?.[hook]?.length) ? undefined : sourceOf(options, input)
    // ky clones for its retries: a stream would be buffered whole, behind the caller's back.
    if (isOneShot(options.body)) options.retry = { ...(typeof options.retry === 'object' && options.retry), limit: 0 }
    options.fetch = (request, init) => {
      const transport = chosen ?? globalThis.fetch
      return outsideTimeouts(request as Request, transport, limits, startedAt, call => {
        call.source = source
        return core.spine(request, init as FetchInit, call)
      })
    }
  }
}

/** The body as the caller gave it: from it a replay is sent. `undefined` if only the caller's own `Request` has it. */
function sourceOf(options: Mutable<RequestOptions>, input: Input): (() => BodyInit | null) | undefined {
  const { body, json, stringifyJson = JSON.stringify } = options
  if (json === undefined) return body == null && input instanceof Request ? undefined : () => body ?? null
  let text: string | undefined
  // Kept as it was sent: the object may have changed by the time of a replay.
  options.stringifyJson = value => {
    text = stringifyJson(value) ?? JSON.stringify(value)
    return text
  }
  return () => text ?? null
}
