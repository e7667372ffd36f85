import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { isOneShot, isReplayable, markNotReplayable, releaseBody } from '../../../src/http/bodies.ts'
import { taskDone, watchUnhandledRejections } from '../../support/unhandled-rejections.ts'

async function* pieces() {
  yield new Uint8Array([1])
}

describe('RP-05 one-shot bodies are told from others', () => {
  test.each<[string, unknown]>([
    ['a stream', new ReadableStream()],
    ['an async generator', pieces()],
    ['an object with an async iterator', { [Symbol.asyncIterator]: pieces }],
    ['a stream of another realm, without an async iterator', { getReader: () => {}, cancel: () => {} }],
  ])('%s is a one-shot body', (_, body) => {
    expect(isOneShot(body)).toBe(true)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty string', ''],
    ['a string', 'getReader'],
    ['parameters', new URLSearchParams({ getReader: '1' })],
    ['a form', new FormData()],
    [
      'a form with a file',
      (() => {
        const form = new FormData()
        form.set('file', new File(['x'], 'x.txt'))
        return form
      })(),
    ],
    ['a Blob', new Blob(['x'])],
    ['a File', new File(['x'], 'x.txt')],
    ['a buffer', new ArrayBuffer(1)],
    ['a typed array', new Uint8Array(1)],
    ['a view', new DataView(new ArrayBuffer(1))],
    ['an array', [1, 2]],
    ['a number', 5],
  ])('%s is none', (_, body) => {
    expect(isOneShot(body)).toBe(false)
  })
})

describe('RP-07 the unread body of a response is released', () => {
  const unhandled = watchUnhandledRejections()

  const withStream = (cancel: () => undefined | Promise<undefined>) => new Response(new ReadableStream({ cancel }))

  test('its stream is cancelled before drain returns', () => {
    const cancel = vi.fn()
    releaseBody(withStream(cancel))
    expect(cancel).toHaveBeenCalledOnce()
  })

  test('does not wait for a stream whose cancelling never ends', () => {
    expect(releaseBody(withStream(() => new Promise(() => {})))).toBeUndefined()
  })

  test.each<[string, () => Response]>([
    ['without a body', () => new Response(null, { status: 401 })],
    ['of an error', () => Response.error()],
    ['whose stream fails to cancel', () => withStream(() => Promise.reject(new Error('stuck')))],
    [
      'whose stream throws at cancel',
      () =>
        withStream(() => {
          throw new Error('stuck')
        }),
    ],
    [
      'that is locked',
      () => {
        const response = new Response('x')
        response.body?.getReader()
        return response
      },
    ],
    [
      'that was cloned',
      () => {
        const response = new Response('x')
        response.clone()
        return response
      },
    ],
    ['whose body has another shape than a stream', () => ({ body: { on: () => {} } }) as unknown as Response],
    ['of a fetch that knows no bodies', () => ({}) as Response],
  ])('a response %s is tolerated, without an unhandled rejection', async (_, make) => {
    expect(() => releaseBody(make())).not.toThrow()
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('a used response is tolerated, and one being read is read to its end', async () => {
    const used = new Response('x')
    await used.text()
    releaseBody(used)
    const reading = new Response('text')
    const text = reading.text()
    releaseBody(reading)
    expect(await text).toBe('text')
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('RP-06 the other copy of a cloned request can still be read', async () => {
    const request = new Request('https://api.example.com/', { method: 'POST', body: 'text' })
    releaseBody(request.clone())
    expect(await request.text()).toBe('text')
  })
})

describe('a response knows whether its request could have been sent again', () => {
  test('it could, unless it was marked', () => {
    const [marked, other] = [new Response(), new Response()]
    markNotReplayable(marked)
    expect(isReplayable(marked)).toBe(false)
    expect(isReplayable(other)).toBe(true)
  })

  test('the mark is not visible on the response, but for a `clone` that marks the copy', () => {
    const response = new Response('text')
    const before = [Reflect.ownKeys(response), inspect(response)]
    markNotReplayable(response)
    expect([Reflect.ownKeys(response).filter(key => key !== 'clone'), inspect(response)]).toEqual(before)
    expect(Object.keys(response)).not.toContain('clone')
    expect(isReplayable(response.clone().clone())).toBe(false)
    // By another client below this one, or where it is frozen.
    for (const one of [response, Object.freeze(new Response())]) expect(() => markNotReplayable(one)).not.toThrow()
  })

  test('each of two copies of the library marks the copies of a response, where one client calls another', async () => {
    vi.resetModules()
    const outer = await import('../../../src/http/bodies.ts')
    const response = new Response('text')
    markNotReplayable(response)
    outer.markNotReplayable(response)
    const copy = response.clone()
    expect([isReplayable(copy), outer.isReplayable(copy)]).toEqual([false, false])
    expect(await copy.text()).toBe('text')
  })
})
