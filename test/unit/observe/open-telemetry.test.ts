import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTelemetry } from '../../../src/observe/open-telemetry.ts'
import { createStage, refusal, type StageOptions, stageOrigin } from '../../support/stage.ts'

const nameOf = ({ name }: ReadableSpan) => name
const secret = 'hush'

/** A client that is traced with the real SDK. */
const createTraced = (options: StageOptions, sampler?: AlwaysOffSampler) => {
  const exporter = new InMemorySpanExporter()
  const processors = [new SimpleSpanProcessor(exporter)]
  const provider = new BasicTracerProvider({ spanProcessors: processors, ...(sampler && { sampler }) })
  const tracing = openTelemetry(provider.getTracer('test'))
  const parents: (string | null)[] = []
  const stage = createStage({ baseUrl: stageOrigin, retry: 0, sendHeaders: tracing.sendHeaders, ...options })
  const stop = tracing.observe(stage.client)
  onTestFinished(stop)
  return { ...stage, tracing, stop, parents, spans: () => exporter.getFinishedSpans() }
}

const startTraced = async (options: StageOptions = {}, sampler?: AlwaysOffSampler) => {
  const { parents, spans, ...stage } = createTraced(options, sampler)
  const accepts = (token: string | null) => token !== null
  const record = (answer: (token: string | null) => Response = () => new Response('{}')) =>
    stage.answer(({ token }, request) => {
      parents.push(request.headers.get('traceparent'))
      return accepts(token) ? answer(token) : refusal()
    })
  await stage.signIn({ subject: 'mira' })
  record()
  const childrenOf = (parent: ReadableSpan | undefined) =>
    spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanContext().spanId)
  const callSpan = () => spans().findLast(({ name }) => name.startsWith('latchkey'))
  return { ...stage, parents, record, spans, childrenOf, callSpan }
}

describe('openTelemetry', () => {
  test('makes one span for a call, with a child for its send, whose ids the API gets as traceparent', async () => {
    const { client, parents, childrenOf, callSpan } = await startTraced()
    await client.get(`notes?key=${secret}`)
    const call = callSpan()
    const [send, ...others] = childrenOf(call)
    const { traceId, spanId } = send?.spanContext() ?? {}
    expect(parents).toEqual([`00-${traceId}-${spanId}-01`])
    expect(others).toEqual([])
    expect({ name: send?.name, kind: send?.kind, attributes: send?.attributes, status: send?.status.code }).toEqual({
      name: 'GET',
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'GET',
        'url.full': `${stageOrigin}/notes`,
        'server.address': 'api.test',
        'http.response.status_code': 200,
      },
      status: SpanStatusCode.UNSET,
    })
    expect(call?.attributes['http.response.status_code']).toBe(200)
  })

  test('makes a child for each send and for the wait between, which is linked to the one refresh', async () => {
    const { client, parents, record, childrenOf, callSpan, spans } = await startTraced()
    let first: string | null = null
    record(token => {
      first ??= token
      return token === first ? refusal() : new Response('{}')
    })
    await client.get('notes')
    const children = childrenOf(callSpan())
    expect(children.map(nameOf)).toEqual(['GET', 'wait for refresh', 'GET'])
    const [rejected, wait, replayed] = children
    const refresh = spans().find(({ name }) => name === 'token refresh')
    expect(refresh?.attributes).toEqual({ 'latchkey.refresh.cause': 'rejected' })
    expect(wait?.links.map(({ context: { spanId } }) => spanId)).toEqual([refresh?.spanContext().spanId])
    expect(rejected?.attributes).toMatchObject({ 'http.response.status_code': 401, 'error.type': '401' })
    expect(rejected?.status.code).toBe(SpanStatusCode.ERROR)
    expect(replayed?.attributes).toMatchObject({ 'http.request.resend_count': 1, 'http.response.status_code': 200 })
    expect(parents.map(parent => parent?.slice(36, 52))).toEqual(
      [rejected, replayed].map(send => send?.spanContext().spanId),
    )
    expect(callSpan()?.status.code).toBe(SpanStatusCode.UNSET)
  })

  test('begins a call inside the span that is active where it was made', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    onTestFinished(() => context.disable())
    const { client, callSpan } = await startTraced()
    const active = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
    await context.with(trace.setSpanContext(ROOT_CONTEXT, active), () => client.get('notes'))
    expect(callSpan()?.parentSpanContext?.spanId).toBe(active.spanId)
    expect(callSpan()?.spanContext().traceId).toBe(active.traceId)
  })

  test('gives the request of a refresh the ids of the refresh', async () => {
    const { client, refresh, answer, spans } = await startTraced()
    let parent: string | null = null
    answer((_, request) => {
      parent = request.headers.get('traceparent')
      return Response.json({ accessToken: 'next', refreshToken: 'next' })
    })
    refresh(({ post }) => post('refresh', {}))
    await client.session.refresh()
    const traced = spans().find(({ name }) => name === 'token refresh')
    expect(String(parent).slice(36, 52)).toBe(traced?.spanContext().spanId)
  })

  test.each([
    ['without a token', { auth: false as const }],
    ['with an Authorization header of its own', { headers: { authorization: 'Bearer own' } }],
  ])('makes one child for a request that is sent %s, with the ids that the API gets', async (_, options) => {
    const { client, parents, childrenOf, callSpan } = await startTraced()
    await client.get('notes', { throwHttpErrors: false, ...options })
    const children = childrenOf(callSpan())
    expect(children.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined])
    expect(parents.map(parent => parent?.slice(36, 52))).toEqual(children.map(send => send.spanContext().spanId))
  })

  test('gives no traceparent to an origin that is not trusted, and traces its send', async () => {
    const { client, parents, answer, childrenOf, callSpan } = await startTraced()
    answer((_, request) => {
      parents.push(request.headers.get('traceparent'))
      return new Response()
    })
    await client.get('https://elsewhere.test:8443/x')
    expect(parents).toEqual([null])
    expect(childrenOf(callSpan()).map(({ attributes }) => attributes['server.address'])).toEqual(['elsewhere.test'])
    await client.fetch('data:text/plain,hush')
    expect(callSpan()?.attributes['server.address']).toBe('')
  })

  test('has no token and no query in its attributes, also where a request fails', async () => {
    const { client, answer, spans, issue } = await startTraced()
    const { accessToken } = issue()
    await client.session.signIn({ accessToken, subject: 'mira' })
    answer(() => {
      throw new TypeError(`${accessToken} at ?key=${secret}`)
    })
    await client.get(`notes?key=${secret}`).catch(() => {})
    expect(spans().map(nameOf)).toContain('latchkey GET')
    const told = JSON.stringify(
      spans().map(({ name, attributes, events, status, links }) => [name, attributes, events, status, links]),
    )
    expect(told).toContain('TypeError')
    expect(told).not.toContain(accessToken)
    expect(told).not.toContain(secret)
  })

  test('sends flags of 00 for a call that is not sampled, and nothing once it was stopped', async () => {
    const { client, parents, stop } = await startTraced({}, new AlwaysOffSampler())
    await client.get('notes')
    expect(parents[0]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
    stop()
    await client.get('notes')
    expect(parents[1]).toBeNull()
  })

  test('is stopped once however often that is called, and can observe again', async () => {
    const { client, tracing, parents, spans, stop } = await startTraced()
    stop()
    stop()
    await client.get('notes')
    expect([parents, spans()]).toEqual([[null], []])
    onTestFinished(tracing.observe(client))
    await client.get('notes')
    expect([parents.at(-1), spans().length]).toEqual([expect.stringMatching(/^00-/), 2])
  })

  test('ends what is open when it is stopped', async () => {
    const { client, answer, spans, stop } = await startTraced()
    let respond = (_: Response) => {}
    const reached = new Promise<void>(resolve => {
      answer(() => {
        resolve()
        return new Promise(settle => {
          respond = settle
        })
      })
    })
    const pending = client.get('notes')
    await reached
    stop()
    expect(spans().map(nameOf)).toEqual(['GET', 'latchkey GET'])
    respond(new Response())
    await pending
  })

  test.each([
    ['finds the user', async () => ({ accessToken: 'restored', subject: 'mira' })],
    ['finds no user', async () => null],
  ])('ends the span of the refresh at the start that %s', async (_, refresh) => {
    const { spans, ...stage } = createTraced({ strategy: { ambient: true } })
    stage.refresh(refresh)
    await stage.client.session.ready()
    expect(spans().map(({ attributes }) => attributes)).toEqual([{ 'latchkey.refresh.cause': 'restore' }])
  })

  test('ends the span of a refresh for another audience, and of one that a sign-in makes unnecessary', async () => {
    const audienceOf = (origin: string) => (origin === 'https://files.test' ? 'files' : undefined)
    const options = { strategy: { audienceOf }, trustedOrigins: ['https://files.test'] }
    const { spans, client, refresh, issue } = await startTraced(options)
    await client.fetch('https://files.test/a')
    refresh(async () => {
      await client.session.signIn(issue({ subject: 'mira' }))
      throw new Error('late')
    })
    await client.session.refresh()
    expect(spans().filter(({ name }) => name === 'token refresh')).toHaveLength(2)
  })
})
