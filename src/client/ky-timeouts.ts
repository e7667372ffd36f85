import { createAbort } from '../platform/abort.ts'
import type { FetchAdapter } from '../request/request-context.ts'
import { systemClock } from '../time/clock.ts'

export interface KyTimeouts {
  /** ky's own timeouts: milliseconds, or `false`. */
  readonly timeout: number | false
  readonly totalTimeout: number | false
  /** When `totalTimeout` began, by `performance.now()`. */
  readonly startedAt: number
  /** ky's own error. */
  readonly timedOut: (request: Request) => Error
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** A running timeout. */
interface Deadline {
  /** Aborts when the time is over, or when an upstream signal aborts. */
  readonly signal: AbortSignal
  /** Rejects with ky's own error when the time is over. */
  readonly over: Promise<never>
  readonly stop: () => void
}

function startDeadline(ms: number | false, timedOut: () => Error, upstream: AbortSignal): Deadline {
  const controller = createAbort()
  let stop = () => {}
  const over = new Promise<never>((_, reject) => {
    const passed = () => {
      reject(timedOut())
      controller.abort()
    }
    if (ms !== false) stop = systemClock.setTimer(passed, ms)
  })
  return { signal: follow(upstream, controller), over, stop }
}

/**
 * Lives as long as the request, since the body is read under this signal. A listener of our own would then stay on a
 * signal that lives as long as the app, and keep the request in memory; a combined signal is collected with it (DOM, "any").
 */
function follow(upstream: AbortSignal, controller: AbortController): AbortSignal {
  const { signal } = controller
  if (!upstream || !signal) return upstream ?? signal
  if (AbortSignal.any) return AbortSignal.any([upstream, signal])
  const abort = () => controller.abort(upstream.reason)
  if (upstream.aborted) abort()
  else upstream.addEventListener('abort', abort)
  return signal
}

/**
 * Keeps the wait for a refresh, or for the user, out of ky's `timeout`, which limits the server's responses. Until a
 * call has to wait, ky's own timer runs, and nothing here costs anything. At the first wait, ky's timer is cleared (by settling
 * what ky awaits before it clears the timer), and each further send is timed here, with ky's own error. `totalTimeout`
 * limits all of it. This depends on one line of ky, `fetch(…).then(resolve).catch(reject).then(clear)`. If that changes, ky's
 * timeout limits the wait, too, as it does without latchkey. A test detects that.
 */
export function outsideTimeouts(
  request: Request,
  call: Mutable<FetchAdapter>,
  limits: KyTimeouts,
  run: () => Promise<Response>,
): Promise<Response> {
  let release: (() => void) | undefined
  let waits = false
  let total: Deadline | undefined
  call.onWait = () => {
    if (waits) return
    waits = true
    total = timeFromNow(request, call, limits)
    release?.()
  }
  const running = run()
  const thenable: Pick<Promise<Response>, 'then'> = {
    // biome-ignore lint/suspicious/noThenProperty: the point of it; see above
    then(resolve, reject) {
      return new Promise<never>((settle, fail) => {
        const done = settle as () => void
        release = () => {
          resolve?.((total ? Promise.race([running, total.over]).finally(total.stop) : running) as never)
          done()
        }
        if (waits) release()
        running.then(response => {
          if (!waits) resolve?.(response)
          done()
        }, reject ?? fail)
      })
    },
  }
  return thenable as Promise<Response>
}

/** At the first wait: from here on each send has a timeout of its own, and `totalTimeout`, if set, continues. */
function timeFromNow(request: Request, call: Mutable<FetchAdapter>, limits: KyTimeouts): Deadline | undefined {
  const { timeout, totalTimeout, startedAt } = limits
  const { transport } = call
  const timedOut = () => limits.timedOut(request)
  const total =
    totalTimeout === false
      ? undefined
      : startDeadline(totalTimeout - (performance.now() - startedAt), timedOut, request.signal)
  const upstream = total?.signal ?? request.signal
  call.signal = upstream
  call.transport = async (input, init) => {
    const { signal, over, stop } = startDeadline(timeout, timedOut, upstream)
    try {
      return await Promise.race([transport(input, { ...init, signal }), over])
    } finally {
      stop()
    }
  }
  return total
}
