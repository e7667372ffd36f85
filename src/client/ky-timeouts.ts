import type { Call } from '../request/journey.ts'

export interface KyTimeouts {
  /** ky's own, as it will use them: milliseconds, or `false`. */
  readonly timeout: number | false
  readonly totalTimeout: number | false
  /** When `totalTimeout` began, by `performance.now()`. */
  readonly startedAt: number
  /** ky's own error. */
  readonly timedOut: (request: Request) => Error
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** `begin`, unless `ms` pass first: then `timedOut`, and the signal it was given aborts. `upstream` aborts it too. */
function within(
  ms: number | false,
  timedOut: () => Error,
  upstream: AbortSignal,
  begin: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const controller = new AbortController()
  const follow = () => controller.abort(upstream.reason)
  if (upstream.aborted) follow()
  // Stays as long as the request does: its body is read under this signal.
  else upstream.addEventListener('abort', follow)
  return new Promise<Response>((resolve, reject) => {
    const passed = () => {
      reject(timedOut())
      controller.abort()
    }
    const timer = ms === false ? undefined : setTimeout(passed, ms)
    begin(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}

/**
 * Keeps the wait for a refresh, or for a person, out of ky's `timeout`, which is there for the server's answers. Until a
 * call has to wait, ky's own timer runs and nothing here costs anything. From the first wait on, ky is told (by settling
 * what it awaits before clearing its timer) and each further send is timed here, with ky's own error; `totalTimeout`
 * bounds all of it. Leans on one line of ky, `fetch(…).then(resolve).catch(reject).then(clear)`: were that to change, ky's
 * timeout would bound the wait too, as it does without us. A test pins it.
 */
export function outsideTimeouts(
  request: Request,
  call: Mutable<Call>,
  limits: KyTimeouts,
  run: () => Promise<Response>,
): Promise<Response> {
  let release: (() => void) | undefined
  let waits = false
  let total: TotalTime | undefined
  call.onWait = () => {
    if (waits) return
    waits = true
    total = limits.totalTimeout === false ? undefined : keepTotal(request, limits.totalTimeout, limits)
    timeEachSend(request, call, limits, total?.signal ?? request.signal)
    release?.()
  }
  const running = run()
  const thenable: Pick<Promise<Response>, 'then'> = {
    // biome-ignore lint/suspicious/noThenProperty: the point of it; see above
    then(resolve, reject) {
      return new Promise<never>((settle, fail) => {
        const done = settle as () => void
        release = () => {
          resolve?.((total ? Promise.race([running, total.over]) : running) as never)
          done()
        }
        if (waits) release()
        running.then(
          response => {
            total?.stop()
            if (!waits) resolve?.(response)
            done()
          },
          error => {
            total?.stop()
            ;(reject ?? fail)(error)
          },
        )
      })
    },
  }
  return thenable as Promise<Response>
}

/** From the first wait on. */
function timeEachSend(
  request: Request,
  call: Mutable<Call>,
  { timeout, timedOut }: KyTimeouts,
  upstream: AbortSignal,
): void {
  const { transport } = call
  call.signal = upstream
  call.transport = (input, init) =>
    within(
      timeout,
      () => timedOut(request),
      upstream,
      signal => transport(input, { ...init, signal }),
    )
}

interface TotalTime {
  /** Aborts with the request, and when the time is over. */
  readonly signal: AbortSignal
  /** Rejects when the time is over. */
  readonly over: Promise<never>
  readonly stop: () => void
}

function keepTotal(request: Request, totalTimeout: number, { startedAt, timedOut }: KyTimeouts): TotalTime {
  const ended = new AbortController()
  const follow = () => ended.abort(request.signal.reason)
  if (request.signal.aborted) follow()
  else request.signal.addEventListener('abort', follow)
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<never>((_, reject) => {
    const passed = () => {
      reject(timedOut(request))
      ended.abort()
    }
    timer = setTimeout(passed, totalTimeout - (performance.now() - startedAt))
  })
  return { signal: ended.signal, over, stop: () => clearTimeout(timer) }
}
