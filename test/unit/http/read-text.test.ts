import { describe, expect, test, vi } from 'vitest'
import { readText } from '../../../src/http/read-text.ts'
import { taskDone, watchUnhandledRejections } from '../../support/unhandled-rejections.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** A response whose body arrives in these parts, and then ends. */
function inParts(...parts: readonly Uint8Array[]): { readonly response: Response; readonly cancelled: () => boolean } {
  let isCancelled = false
  const left = [...parts]
  const body = new ReadableStream<Uint8Array>({
    pull: controller => {
      const part = left.shift()
      if (part) controller.enqueue(part)
      else controller.close()
    },
    cancel: () => {
      isCancelled = true
    },
  })
  return { response: new Response(body), cancelled: () => isCancelled }
}

/** Reads, and returns how to stop it as well. */
function readStoppable(response: Response) {
  const stops: (() => void)[] = []
  const reading = readText(response, { mostBytes: 10, started: stop => void stops.push(stop) })
  return { reading, stop: () => stops.forEach(stop => void stop()) }
}

/** A response whose body never says more than its first part. */
const unending = (cancel: () => Promise<void> | undefined = () => undefined) =>
  new Response(new ReadableStream({ start: controller => controller.enqueue(bytesOf('begun')), cancel }))

/** As an app's own `fetch` may return it: its body is no stream of the platform. */
const withoutStream = () => ({ body: { on: () => {} }, text: async () => 'its text' }) as unknown as Response

describe('the text of a body', () => {
  test.each<[string, readonly Uint8Array[], string]>([
    ['nothing', [], ''],
    ['one part', [bytesOf('{"a":1}')], '{"a":1}'],
    ['several parts', [bytesOf('one '), bytesOf('two '), bytesOf('three')], 'one two three'],
    ['a character that is cut between two parts', [bytesOf('é').slice(0, 1), bytesOf('é').slice(1)], 'é'],
    ['a character that is cut at the end', [bytesOf('aé').slice(0, 2)], 'a\ufffd'],
    ['a byte order mark', [bytesOf('\ufeffa')], 'a'],
  ])('is read as Response.text reads it: %s', async (_, parts, expected) => {
    expect(await readText(inParts(...parts).response, { mostBytes: 100 })).toBe(expected)
    expect(await inParts(...parts).response.text()).toBe(expected)
  })

  test.each([
    ['in one part', ['four']],
    ['in several parts', ['fo', 'u', 'r']],
  ])('is read if it has as many bytes as are allowed, %s, and is not read with one more', async (_, parts) => {
    const read = (mostBytes: number) => readText(inParts(...parts.map(bytesOf)).response, { mostBytes })
    expect(await read(4)).toBe('four')
    expect(await read(3)).toBeNull()
  })

  test('is measured in bytes, not in characters', async () => {
    expect(await readText(new Response('éé'), { mostBytes: 3 })).toBeNull()
    expect(await readText(new Response('éé'), { mostBytes: 4 })).toBe('éé')
  })

  test('is no longer received once it is too large', async () => {
    const { response, cancelled } = inParts(...['one', 'two', 'three', 'four'].map(bytesOf))
    expect(await readText(response, { mostBytes: 5 })).toBeNull()
    expect(cancelled()).toBe(true)
  })

  test('is read to its end, and the body is not cancelled, if it is small enough', async () => {
    const { response, cancelled } = inParts(bytesOf('a'), bytesOf('b'))
    await readText(response, { mostBytes: 2 })
    expect(cancelled()).toBe(false)
  })

  test('rejects with the reason for which the body failed', async () => {
    const broken = new Response(new ReadableStream({ start: controller => controller.error(new Error('reset')) }))
    await expect(readText(broken, { mostBytes: 10 })).rejects.toThrow('reset')
  })
})

describe('reading that is stopped', () => {
  const unhandled = watchUnhandledRejections()

  test('resolves with null, and cancels the body', async () => {
    const cancel = vi.fn()
    const { reading, stop } = readStoppable(unending(cancel))
    await taskDone()
    expect(cancel).not.toHaveBeenCalled()
    stop()
    expect(await reading).toBeNull()
    expect(cancel).toHaveBeenCalledOnce()
  })

  test('before its first part resolves with null', async () => {
    expect(await readText(new Response('text'), { mostBytes: 10, started: stop => stop() })).toBeNull()
  })

  test('does not wait until the body is cancelled, and tolerates that this fails', async () => {
    const never = unending(() => new Promise(() => {}))
    expect(await readText(never, { mostBytes: 10, started: stop => stop() })).toBeNull()
    const failing = unending(() => Promise.reject(new Error('stuck')))
    expect(await readText(failing, { mostBytes: 10, started: stop => stop() })).toBeNull()
    await taskDone()
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('after its end changes nothing', async () => {
    const { reading, stop } = readStoppable(new Response('text'))
    const text = await reading
    stop()
    await taskDone()
    expect({ text, unhandled: unhandled.mock.calls }).toEqual({ text: 'text', unhandled: [] })
  })
})

describe('a response without a stream', () => {
  test.each<[string, () => Response, string]>([
    ['that has no body', () => new Response(null), ''],
    ['whose body is of another kind', withoutStream, 'its text'],
  ])('%s is read by its own `text`, unless reading must be stoppable', async (_, make, expected) => {
    const started = vi.fn()
    expect(await readText(make(), { mostBytes: 10 })).toBe(expected)
    expect(await readText(make(), { mostBytes: 10, started })).toBeNull()
    expect(started).not.toHaveBeenCalled()
  })
})
