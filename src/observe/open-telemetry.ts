import { has } from '../checks/option-rules.ts'
import { check } from '../errors.ts'
import type { SendHeadersContext } from '../refresh/post.ts'
import type { SessionEvents } from '../session/events.ts'
import { errorType, listen, type Observer, onSignedOut } from './observer.ts'

type Attributes = Record<string, string | number>

/** The parts of `@opentelemetry/api` that are used, by shape: apps without tracing need not install it. */
export interface TelemetrySpan {
  spanContext(): TelemetrySpanContext
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}
interface TelemetrySpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly traceState?: { serialize(): string } | undefined
}
export interface TelemetryContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TelemetryContext
  deleteValue(key: symbol): TelemetryContext
}
/** @see https://open-telemetry.github.io/opentelemetry-js/interfaces/_opentelemetry_api._opentelemetry_api.Tracer.html */
export interface Tracer {
  startSpan(
    name: string,
    // Wider than what is passed, so that any version's own options fit.
    options?: { kind?: number; root?: boolean; attributes?: object; links?: { context: TelemetrySpanContext }[] },
    context?: TelemetryContext,
  ): TelemetrySpan
}

export interface TracingObserver extends Observer {
  /**
   * Gives each send its `traceparent` (W3C Trace Context): pass it as the client's option. It goes to trusted origins only.
   * An API of another origin has to list `traceparent` in `Access-Control-Allow-Headers`.
   * @example sendHeaders: tracing.sendHeaders
   * @see https://www.w3.org/TR/trace-context/
   */
  readonly sendHeaders: (send: SendHeadersContext) => Record<string, string>
}

interface Call {
  readonly span: TelemetrySpan
  readonly attributes: Attributes
  sends: number
  /** The send or the wait under way. */
  child: TelemetrySpan | null
  /** Of the child. `'begun'`: a send whose event `sent` has not come yet; `'sent'`: it has; `'waiting'`: a wait. */
  phase: 'begun' | 'sent' | 'waiting'
}

/** The API interns this key, so that several copies of it in a page agree. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

/**
 * Traces a client: a span for each call, with a child for each send and for each wait (for a refresh, a login, the network), and
 * a span of its own for each refresh, which the waits are linked to. One observer for one client.
 * @example
 * const tracing = openTelemetry(trace.getTracer('my-app'))
 * const api = createClient({ baseUrl: 'https://api.example.com/', sendHeaders: tracing.sendHeaders })
 * tracing.observe(api)
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function openTelemetry(tracer: Tracer): TracingObserver {
  check(has(tracer, 'startSpan'), 'tracer', "write `trace.getTracer('my-app')`")
  const calls = new Map<number, Call>()
  let refresh: TelemetrySpan | null = null
  const observed = new Set<() => void>()

  function callOf({ id, method, url }: { id: number; method: string; url: string }): Call {
    const known = calls.get(id)
    if (known) return known
    // Not by `new URL`: the event of a `data:` URL has a text that cannot be parsed.
    const address = /:\/\/(.*?)(?::\d+)?\//.exec(url)?.[1] ?? ''
    const attributes = { 'http.request.method': method, 'url.full': url, 'server.address': address }
    const span = tracer.startSpan(`latchkey ${method}`, { attributes })
    const call: Call = { span, attributes, sends: 0, child: null, phase: 'begun' }
    calls.set(id, call)
    return call
  }
  function beginSend(call: Call): void {
    // A DPoP proof takes time, after which the headers are asked for again: still the same send.
    if (call.child && call.phase === 'begun') return
    endChild(call)
    const resends: Attributes = call.sends ? { 'http.request.resend_count': call.sends } : {}
    const attributes = { ...call.attributes, ...resends }
    call.child = tracer.startSpan(
      `${attributes['http.request.method']}`,
      { kind: 2 /* SpanKind.CLIENT */, attributes },
      within(call.span),
    )
    call.sends += 1
    call.phase = 'begun'
  }
  function beginWait(call: Call, what: string): void {
    endChild(call)
    const links = what === 'refresh' && refresh ? [{ context: refresh.spanContext() }] : []
    call.child = tracer.startSpan(`wait for ${what}`, { links }, within(call.span))
    call.phase = 'waiting'
  }
  function end({ id }: { id: number }, call: Call, attributes: Attributes): void {
    endChild(call, attributes)
    mark(call.span, attributes)
    call.span.end()
    calls.delete(id)
  }
  function endRefresh(attributes: Attributes): void {
    if (refresh) mark(refresh, attributes)
    refresh?.end()
    refresh = null
  }
  function follow(event: SessionEvents['request']): void {
    const call = callOf(event)
    if (event.step === 'sent') {
      beginSend(call)
      call.phase = 'sent'
      // A look into the store has no span of its own.
    } else if (event.step === 'waiting' && event.for !== 'store') beginWait(call, event.for)
    else if (event.step === 'rejected') endChild(call, statusOf(event.status))
    else if (event.step === 'completed') end(event, call, statusOf(event.status))
    else if (event.step === 'failed') end(event, call, { 'error.type': errorType(event.error) })
  }

  return {
    sendHeaders(send) {
      const { id } = send
      if (observed.size === 0) return {}
      // The refresh's own request.
      if (id === null) return refresh ? headersOf(refresh) : {}
      const call = callOf({ ...send, id })
      beginSend(call)
      return call.child ? headersOf(call.child) : {}
    },
    observe(watched) {
      const stop = listen(watched, {
        request: follow,
        'refresh-started': ({ cause }) => {
          refresh ??= tracer.startSpan('token refresh', { root: true, attributes: { 'latchkey.refresh.cause': cause } })
        },
        refreshed: () => endRefresh({}),
        // The refresh at the page's start has found the session, or a sign-in has come first.
        restored: () => endRefresh({}),
        'signed-in': () => endRefresh({}),
        'refresh-failed': ({ error }) => endRefresh({ 'error.type': error.reason }),
        ended: ({ reason }) => endRefresh({ 'error.type': reason }),
      })
      const stopSignedOut = onSignedOut(watched, () => endRefresh({}))
      observed.add(stop)
      return () => {
        observed.delete(stop)
        stop()
        stopSignedOut()
        for (const [id, call] of calls) end({ id }, call, {})
        endRefresh({})
      }
    },
  }
}

const statusOf = (status: number): Attributes => ({
  'http.response.status_code': status,
  ...(status >= 400 && { 'error.type': String(status) }),
})

function mark(span: TelemetrySpan, attributes: Attributes): void {
  span.setAttributes(attributes)
  if ('error.type' in attributes) span.setStatus({ code: 2 }) // SpanStatusCode.ERROR
}

function endChild(call: Call, attributes: Attributes = {}): void {
  if (!call.child) return
  if (call.phase !== 'waiting') mark(call.child, attributes)
  call.child.end()
  call.child = null
}

/** A context that holds a span and nothing else. */
function within(span: TelemetrySpan): TelemetryContext {
  const context: TelemetryContext = {
    getValue: key => (key === spanKey ? span : undefined),
    setValue: () => context,
    deleteValue: () => context,
  }
  return context
}

function headersOf(span: TelemetrySpan): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  // All zeros: tracing is off.
  if (!/[^0]/.test(traceId)) return {}
  const tracestate = traceState?.serialize()
  const flags = traceFlags.toString(16).padStart(2, '0')
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate && { tracestate }) }
}
