import { describe, expect, test } from 'vitest'
import { createServedClient } from '../../support/served-client.ts'

const aborted = () => AbortSignal.abort(new Error('left'))

/** What `fetch` refuses, with a signal that was aborted before. */
const wrong: Readonly<Record<string, (url: string) => Parameters<typeof fetch>>> = {
  'a method that is forbidden': url => [url, { method: 'CONNECT', signal: aborted() }],
  'a GET with a body': url => [url, { body: 'x', signal: aborted() }],
  'a header that is none': url => [url, { headers: { 'not a name': '1' }, signal: aborted() }],
  'headers that are null': url => [url, { headers: null as never, signal: aborted() }],
  'a mode that is none': url => [url, { mode: 'none' as never, signal: aborted() }],
  'a stream without duplex': url => [url, { method: 'POST', body: new Blob(['x']).stream(), signal: aborted() }],
  'a URL that is none': () => ['http://', { signal: aborted() }],
  'credentials in the URL': url => [url.replace('://', '://ada:secret@'), { signal: aborted() }],
  'an init that is none': url => [new Request(url, { signal: aborted() }), 'init' as never],
  'a signal that is none': url => [url, { signal: { aborted: true } as never }],
}

describe('with a signal that is already aborted, arguments are checked first, as fetch does', () => {
  test.each(Object.entries(wrong))('%s', async (_, given) => {
    const { server, client } = await createServedClient()
    const url = `${server.origin}/api/a`
    const expected = await fetch(...given(url)).catch((error: unknown) => error)
    const error = await client.fetch(...given(url)).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toBe((expected as Error).message)
    expect(server.sends).toHaveLength(0)
  })

  test('a used Request is rejected', async () => {
    const { server, client } = await createServedClient()
    const request = new Request(`${server.origin}/api/a`, { method: 'POST', body: 'x', signal: aborted() })
    await request.text()
    await expect(client.fetch(request)).rejects.toThrow(TypeError)
  })

  test.each(['signed in', 'nobody is'])('a valid Request is used up, and nothing is sent (%s)', async who => {
    const { server, client } = await createServedClient({}, { signedIn: who === 'signed in' })
    const make = () => new Request(`${server.origin}/api/a`, { method: 'POST', body: 'x', signal: aborted() })
    const [ours, theirs] = [make(), make()]
    await expect(client.fetch(ours)).rejects.toThrow('left')
    await expect(fetch(theirs)).rejects.toThrow('left')
    expect([ours.bodyUsed, theirs.bodyUsed]).toEqual([true, true])
    expect(server.sends).toHaveLength(0)
  })
})
