import { parseUrl } from '../platform/page.ts'
import type { FakeServer } from './fake-server.ts'

/** The parts of Node's `IncomingMessage` and `ServerResponse` that are used. */
export type NodeListener = (
  incoming: AsyncIterable<Uint8Array> & {
    readonly method?: string | undefined
    readonly url?: string | undefined
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  },
  outgoing: {
    writeHead(status: number, headers: Record<string, string | string[]>): unknown
    end(body: Uint8Array): unknown
    destroy(): unknown
  },
) => Promise<void>

/** The parts of Playwright's `Route` that are used. */
export type PlaywrightHandler = (route: {
  request(): {
    method(): string
    url(): string
    allHeaders(): Promise<Record<string, string>>
    postDataBuffer(): Uint8Array | null
  }
  fulfill(response: { status: number; headers: Record<string, string>; body: never }): Promise<void>
  abort(): Promise<void>
}) => Promise<void>

interface NodeGlobal {
  readonly Buffer: { from(bytes: Uint8Array): Uint8Array }
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

/** All headers, and each cookie for itself: `Headers` lists several under one name, which an object would keep once. */
const readHeaders = ({ headers }: Response) => ({
  cookies: headers.getSetCookie(),
  others: Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie')),
})

/** `null` if the client goes away before its end. */
async function readBody(incoming: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>[] | null> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk)
  } catch {
    return null
  }
  return chunks as Uint8Array<ArrayBuffer>[]
}

/**
 * A fake server as a listener of Node's `http`, for tests in which the app's requests go over a real network.
 *
 * @example
 * createServer(toNodeListener(server)).listen(8080)
 */
export function toNodeListener({ origin, handler }: Pick<FakeServer, 'origin' | 'handler'>): NodeListener {
  return async (incoming, outgoing) => {
    const chunks = await readBody(incoming)
    if (!chunks) return void outgoing.destroy()
    const { method = 'GET', url = '/', headers } = incoming
    // `Request` rejects a body here and the method below, and a listener's rejection would end the process.
    const hasBody = chunks.length > 0 && method !== 'GET' && method !== 'HEAD'
    if (method === 'TRACE') {
      outgoing.writeHead(405, {})
      return void outgoing.end(new Uint8Array())
    }
    // Not as a relative URL: a path that begins with two slashes would name a host.
    const target = parseUrl(url.startsWith('/') ? origin + url : url, origin)
    if (!target) {
      outgoing.writeHead(400, {})
      return void outgoing.end(new Uint8Array())
    }
    const request = new Request(target, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(hasBody && { body: new Blob(chunks) }),
    })
    try {
      const response = await handler({ request })
      if (response.type === 'error') return void outgoing.destroy()
      const { cookies, others } = readHeaders(response)
      const bytes = await bytesOf(response)
      outgoing.writeHead(response.status, { ...others, ...(cookies.length > 0 && { 'set-cookie': cookies }) })
      outgoing.end(bytes)
    } catch (error) {
      // A route of the test is broken. Real servers say so in their log.
      console.error(error)
      outgoing.writeHead(500, {})
      outgoing.end(new Uint8Array())
    }
  }
}

/**
 * A fake server as a handler of Playwright's `page.route` or `context.route`: the page is real, and the server in the test.
 *
 * @see https://playwright.dev/docs/api/class-page#page-route
 *
 * @example
 * await page.route(`${server.origin}/**`, toPlaywrightRoute(server))
 */
export function toPlaywrightRoute({ handler }: Pick<FakeServer, 'handler'>): PlaywrightHandler {
  return async route => {
    const asked = route.request()
    // `Request` rejects the pseudo-headers of HTTP/2 (`:authority`).
    const headers = Object.entries(await asked.allHeaders()).filter(([name]) => !name.startsWith(':'))
    const body = asked.postDataBuffer() as Uint8Array<ArrayBuffer> | null
    const request = new Request(asked.url(), { method: asked.method(), headers, ...(body && { body }) })
    const response = await handler({ request })
    if (response.type === 'error') return route.abort()
    const { cookies, others } = readHeaders(response)
    await route.fulfill({
      status: response.status,
      // Playwright splits cookies at line ends.
      headers: { ...others, ...(cookies.length > 0 && { 'set-cookie': cookies.join('\n') }) },
      // Playwright runs in Node, and takes bytes as a Buffer only.
      body: (globalThis as unknown as NodeGlobal).Buffer.from(await bytesOf(response)) as never,
    })
  }
}
