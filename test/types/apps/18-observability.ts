// (18) An app that watches its client while developing, and traces it in production
import { trace } from '@opentelemetry/api'
import { createClient } from 'latchkey'
import { explainUnauthorized } from 'latchkey/explain'
import { defineInspector, type Explain, type LatchkeyInspector } from 'latchkey/inspector'
import { type Observer, openTelemetry, userTiming } from 'latchkey/observe'

const tracing = openTelemetry(trace.getTracer('shop'))
export const api = createClient<{ sub: string; roles: string[] }>({
  baseUrl: 'https://api.example.com/',
  sendHeaders: send => ({
    ...tracing.sendHeaders(send),
    'X-Route': `${send.method} ${send.url} ${send.id ?? 'refresh'}`,
  }),
})
const observers: readonly Observer[] = [tracing, userTiming()]
export const stops: readonly (() => void)[] = observers.map(observer => observer.observe(api))

defineInspector()
const inspector: LatchkeyInspector = document.createElement('latchkey-inspector')
inspector.client = api
inspector.explain = explainUnauthorized
inspector.paused = true
document.body.append(inspector)
document.querySelector('latchkey-inspector')?.clear()
export const explain: Explain | null = inspector.explain
// @ts-expect-error: a client, not its session
inspector.client = api.session
// @ts-expect-error: the tracer is needed
openTelemetry()
