import { describe, expect, test } from 'vitest'
import { createResponseView } from '../../../src/request/response-view.ts'
import { createControlledClock } from '../../support/clock.ts'

const viewOf = (body: BodyInit | null, type: string | undefined, clock = createControlledClock()) => {
  const response = new Response(body, { status: 403, headers: type === undefined ? {} : { 'content-type': type } })
  if (type === undefined) response.headers.delete('content-type')
  return { response, view: createResponseView(response, 'POST', clock) }
}

describe('what shouldRefresh can look at', () => {
  test('A view has the status, the headers and the method, and reads the challenges when it is asked', () => {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    const view = createResponseView(new Response(null, { status: 401, headers }), 'PUT', createControlledClock())
    expect([view.status, view.type, view.url, view.method]).toEqual([401, 'default', '', 'PUT'])
    expect(view.headers.get('www-authenticate')).toBe(headers['www-authenticate'])
    expect(view.challenges).toEqual([{ scheme: 'bearer', params: { error: 'invalid_token' }, token68: null }])
  })

  test.each([
    'application/json',
    'APPLICATION/JSON; charset=utf-8',
    'application/json ;v=1',
    'text/json',
    'application/problem+json',
    'application/vnd.api.v1+json;charset=utf-8',
    'application/a+b+json',
  ])('A body of type %s is read as JSON', async type => {
    expect(await viewOf('{"code":7}', type).view.json()).toEqual({ code: 7 })
  })

  test.each([
    undefined,
    '',
    'text/plain',
    'text/event-stream',
    'multipart/form-data; boundary=x',
    'application/jsonl',
    'application/json-seq',
    'application/x-json',
    'application/problem+jsonld',
    'image/svg+xml',
    'json',
    '+json',
    'text/plain; like=application/json',
    'text/plain;a+json',
    'xapplication/json',
  ])('A body of type %s is not', async type => {
    expect(await viewOf('{"code":7}', type).view.json()).toBeUndefined()
  })

  test.each([
    ['cannot be parsed', '{"code":'],
    ['is empty', ''],
    ['is missing', null],
  ])('A body that %s is undefined, and rejects nothing', async (_, body) => {
    expect(await viewOf(body, 'application/json').view.json()).toBeUndefined()
  })

  test('A body of 256 KiB is read, and one of a byte more is not', async () => {
    const ofBytes = (bytes: number) => viewOf(`"${'a'.repeat(bytes - 2)}"`, 'application/json').view.json()
    expect(await ofBytes(256 * 1024)).toHaveLength(256 * 1024 - 2)
    expect(await ofBytes(256 * 1024 + 1)).toBeUndefined()
  })

  test('A body that takes longer than five seconds is given up, and no timer is left after any', async () => {
    const clock = createControlledClock()
    const { view } = viewOf(new ReadableStream(), 'application/json', clock)
    const read: unknown[] = []
    const reading = view.json().then(value => read.push(value))
    await clock.advance(4999)
    expect(read).toEqual([])
    await clock.advance(1)
    await reading
    await viewOf('{}', 'application/json', clock).view.json()
    expect({ read, timers: clock.pendingTimers }).toEqual({ read: [undefined], timers: 0 })
  })

  test('The response itself can still be read', async () => {
    const { response, view } = viewOf('{"code":7}', 'application/json')
    await view.json()
    expect(await response.json()).toEqual({ code: 7 })
  })
})
