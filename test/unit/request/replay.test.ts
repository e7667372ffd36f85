import { describe, expect, test, vi } from 'vitest'
import { nothing } from '../../../src/request/read-init.ts'
import { cloneForReplay, createReplayInit, createSendInit, mayHaveBody } from '../../../src/request/replay.ts'
import {
  createContexts,
  type FetchAdapter,
  type FetchInit,
  type RequestContext,
} from '../../../src/request/request-context.ts'
import { createRequestRig } from '../../support/request-rig.ts'

const url = 'https://api.test/a'
const { ports } = createRequestRig()

function contextOf(
  input: RequestInfo,
  init: FetchInit | null = {},
  adapter: Partial<FetchAdapter> = {},
): RequestContext {
  const context = createContexts(ports)(input, init, { transport: globalThis.fetch, ...adapter })
  if (!context) throw new TypeError('It is not a URL')
  return context
}
const posted = (body: BodyInit | null = 'x') => new Request(url, { method: 'POST', body })

test.each([
  ['GET', false],
  ['get', false],
  ['HEAD', false],
  ['head', false],
  ['POST', true],
  ['DELETE', true],
  ['QUERY', true],
])('A %s may have a body: %s', (method, expected) => {
  expect(mayHaveBody(contextOf(url, { method }))).toBe(expected)
})

describe('A Request is cloned before it is sent', () => {
  const cloneOf = (source: Request, changes: Partial<RequestContext> = {}, init: FetchInit = {}, adapter = {}) => {
    const context = Object.assign(contextOf(source, init, adapter), changes)
    cloneForReplay(context, source)
    return context.replayCopy
  }

  test('if only it holds the body', async () => {
    const source = posted()
    const copy = cloneOf(source)
    expect(copy).not.toBe(source)
    expect(await copy?.text()).toBe('x')
  })

  const learn = () => null
  test.each<[string, Partial<RequestContext>, boolean]>([
    ['for the replay', {}, true],
    ['for another proof of its first send', { learn }, true],
    ['for its second replay', { isReplay: true }, true],
    ['for another proof of its second replay', { learn, isReplay: true, isSecondReplay: true }, true],
    ['but not for its second replay, which is the last send', { isReplay: true, isSecondReplay: true }, false],
  ])('%s', (_, changes, expected) => {
    expect(cloneOf(posted(), changes) !== undefined).toBe(expected)
  })

  test.each<[string, FetchInit, Partial<FetchAdapter>]>([
    ['it cannot be replayed', { replay: false }, {}],
    ['it is sent with keepalive', { keepalive: true }, {}],
    ['the init has the body', { body: 'y' }, {}],
    ['the caller makes the body again', { replay: () => 'y' }, {}],
    ['ky’s form of the call knows the body', {}, { source: () => 'x' }],
  ])('but not if %s', (_, init, adapter) => {
    expect(cloneOf(posted(), {}, init, adapter)).toBeUndefined()
  })

  test('but not a GET, nor one that is used up or locked: fetch judges those', async () => {
    const [used, locked] = [posted(), posted()]
    await used.text()
    locked.body?.getReader()
    for (const source of [new Request(url), used, locked]) expect(cloneOf(source)).toBeUndefined()
  })

  test('and an older copy is forgotten', () => {
    expect(cloneOf(new Request(url), { replayCopy: posted() })).toBeUndefined()
  })

  test('without a look at its body, which breaks a form with a file in WebKit', () => {
    const body = vi.spyOn(Request.prototype, 'body', 'get')
    cloneOf(posted())
    expect(body).not.toHaveBeenCalled()
  })
})

describe('The arguments of the first send', () => {
  test('are headers alone, of its own, if the caller gave nothing', () => {
    const context = contextOf(url, null)
    expect(context.init).toBe(nothing)
    expect(createSendInit(context)).toEqual({ headers: {} })
    expect(createSendInit(context).headers).not.toBe(createSendInit(context).headers)
  })

  test('are those of the caller, with a copy of plain headers', () => {
    const context = contextOf(url, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } })
    const sent = createSendInit(context)
    expect(sent).toEqual({ method: 'PUT', body: 'x', headers: { 'x-a': '1' } })
    expect(sent.headers).not.toBe(context.init.headers)
  })

  test('keep several Headers as they are: as a plain object they would be read in another order', () => {
    const context = contextOf(url, {
      headers: [
        ['x-b', '1'],
        ['x-a', '2'],
      ],
    })
    expect(createSendInit(context).headers).toBeInstanceOf(Headers)
    expect([...(createSendInit(context).headers as Headers)]).toEqual([
      ['x-a', '2'],
      ['x-b', '1'],
    ])
  })
})

describe('The arguments of another send', () => {
  const replayOf = (input: RequestInfo, init: FetchInit = {}, adapter: Partial<FetchAdapter> = {}) =>
    createReplayInit(contextOf(input, init, adapter))

  test('have new headers, with what the caller gave', () => {
    const context = contextOf(url, {
      method: 'PUT',
      headers: [
        ['x-b', '1'],
        ['x-a', '2'],
      ],
    })
    const { headers, ...rest } = createReplayInit(context) as RequestInit
    expect(rest).toEqual({ method: 'PUT' })
    expect(headers).not.toBe(context.init.headers)
    expect([...(headers as Headers)]).toEqual([
      ['x-a', '2'],
      ['x-b', '1'],
    ])
  })

  test.each<[string, RequestInfo, FetchInit, RequestCache | undefined]>([
    ['a GET without one', url, {}, 'no-cache'],
    ['a HEAD without one', url, { method: 'HEAD' }, 'no-cache'],
    ['a GET with one', url, { cache: 'default' }, 'default'],
    ['a Request without one', new Request(url), {}, 'no-cache'],
    ['a Request with one', new Request(url, { cache: 'force-cache' }), {}, undefined],
    ['a Request with one in the init', new Request(url), { cache: 'reload' }, 'reload'],
    ['a POST, which no cache keeps', url, { method: 'POST' }, undefined],
    ['a Request with POST', posted(), {}, undefined],
  ])('bypass the cache unless the caller chose a cache mode: %s', (_, input, init, cache) => {
    expect(replayOf(input, init)).toEqual(expect.objectContaining(cache ? { cache } : {}))
    expect('cache' in replayOf(input, init)).toBe(cache !== undefined)
  })

  test('take the body of the init, unless the caller makes another', async () => {
    expect(replayOf(url, { method: 'PUT', body: 'x' })).toMatchObject({ body: 'x' })
    expect(await replayOf(url, { method: 'PUT', body: 'x', replay: () => 'y' })).toMatchObject({ body: 'y' })
    expect(await replayOf(url, { method: 'PUT', body: 'x', replay: async () => 'y' })).toMatchObject({ body: 'y' })
  })

  test('take the body that ky’s form of the call knows, also none, and leave it out if that knows nothing', () => {
    expect(replayOf(posted(), {}, { source: () => 'z' })).toMatchObject({ body: 'z' })
    expect(replayOf(posted(), {}, { source: () => null })).toMatchObject({ body: null })
    for (const adapter of [{}, { source: undefined }]) expect('body' in replayOf(posted(), {}, adapter)).toBe(false)
  })

  test('say that a stream is sent in one direction, and say it of nothing else', async () => {
    const body = new ReadableStream()
    expect(await replayOf(url, { method: 'PUT', replay: () => body })).toMatchObject({ body, duplex: 'half' })
    expect('duplex' in (await replayOf(url, { method: 'PUT', replay: () => 'y' }))).toBe(false)
  })

  test('leave the type of a form in a Request to fetch, since its boundary is of the first send; any other type stays', async () => {
    const typeOf = async (input: RequestInfo, replay: () => BodyInit) => {
      const headers = { 'content-type': 'multipart/form-data; boundary=first' }
      const made = await replayOf(input, { method: 'POST', body: 'x', headers, replay })
      return (made.headers as Headers).get('content-type')
    }
    const first = 'multipart/form-data; boundary=first'
    expect(await typeOf(posted(), () => new FormData())).toBeNull()
    expect(await typeOf(posted(), () => 'y')).toBe(first)
    expect(await typeOf(posted(), () => new URLSearchParams())).toBe(first)
    expect(await typeOf(url, () => new FormData())).toBe(first)
  })

  test('are not waited for once the signal aborts', async () => {
    const controller = new AbortController()
    const replay = () => new Promise<BodyInit>(() => {})
    const made = replayOf(url, { method: 'PUT', signal: controller.signal, replay })
    controller.abort(new Error('left'))
    await expect(made).rejects.toThrow('left')
  })

  test.each([undefined, null])(
    'are none if the caller makes no other body (%s): the server would store that',
    async none => {
      const made = replayOf(url, { method: 'PUT', body: 'x', replay: () => none as never })
      await expect(made).rejects.toMatchObject({ code: 'configuration', option: 'replay' })
    },
  )

  test('do not ask for another body of a request that has none', () => {
    const replay = vi.fn(() => 'y')
    replayOf(url, { replay })
    expect(replay).not.toHaveBeenCalled()
  })
})
