import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createNetwork, refusal } from '../../support/network.ts'

/**
 * `fetch` as a native shell replaces it: a body in the init is serialised by its own rules, to which a Blob is `{}`; one in
 * a Request is read whole.
 */
const createShell = () => {
  const network = createNetwork(({ authorization }) => (authorization === 'Bearer old' ? refusal() : new Response()))
  const shapes: string[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const given = init?.body
    const own = given && typeof given === 'object' && !(given instanceof FormData)
    shapes.push(`${input instanceof Request ? 'Request' : 'URL'}${given == null ? '' : ', body in the init'}`)
    return network.fetch(input, own ? { ...init, body: JSON.stringify(given) } : init)
  }
  return { ...network, fetch, shapes }
}

const start = async () => {
  const shell = createShell()
  vi.stubGlobal('fetch', shell.fetch)
  const client = createClient({ baseUrl: 'https://api.test/', refresh: async () => ({ accessToken: 'newer' }) })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old' })
  return { ...shell, client }
}
type Started = Awaited<ReturnType<typeof start>>

const photo = () => new Blob(['photo'], { type: 'image/png' })
const form = () => {
  const made = new FormData()
  made.append('photo', photo(), 'a.png')
  return made
}
const bodies: Readonly<Record<string, () => BodyInit>> = {
  'a Blob': photo,
  bytes: () => new TextEncoder().encode('bytes'),
  'an empty text': () => '',
  'form fields': () => new URLSearchParams({ a: '1' }),
  'a form with a file': form,
}

const ways: Readonly<Record<string, (started: Started, body: BodyInit) => Promise<unknown>>> = {
  'ky’s put': ({ client }, body) => client.put('a', { body }),
  'ky’s put with hooks': ({ client }, body) => client.put('a', { body, hooks: { beforeRequest: [() => {}] } }),
  'client.fetch with a Request': ({ client }, body) =>
    client.fetch(new Request('https://api.test/a', { method: 'PUT', body })),
  'client.fetch with a Request whose body is made again': ({ client }, body) =>
    client.fetch(new Request('https://api.test/a', { method: 'PUT', body }), { replay: () => body }),
  'client.fetch with a URL': ({ client }, body) => client.fetch('https://api.test/a', { method: 'PUT', body }),
}

describe.each(Object.entries(ways))('a body sent by %s is sent again in the shape it had', (_, send) => {
  test.each(Object.entries(bodies))('%s', async (_, make) => {
    const started = await start()
    await send(started, make())
    const { sends, shapes } = started
    expect(sends.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer newer'])
    expect(shapes[1]).toBe(shapes[0])
    const boundary = /boundary=(.*)$/
    const [first, second] = await Promise.all(
      sends.map(async one => {
        const type = one.headers.get('content-type') ?? ''
        // Each send of a form draws a boundary of its own; what is sent has to go by the one that its header says.
        const text = (await one.text()).replaceAll(boundary.exec(type)?.[1] ?? '\0', 'boundary')
        return [type.replace(boundary, 'boundary'), text]
      }),
    )
    expect(second).toEqual(first)
  })
})

test('json sent by ky is sent again in the shape it had', async () => {
  const started = await start()
  await started.client.post('a', { json: { a: 1 } })
  expect(started.shapes).toEqual(['Request', 'Request'])
  expect(await Promise.all(started.sends.map(one => one.text()))).toEqual(['{"a":1}', '{"a":1}'])
})
