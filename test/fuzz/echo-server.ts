import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it came over the wire. */
export interface Arrival {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  /** All others, in the order in which they came; the boundary of a form replaced. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface EchoServer {
  readonly origin: string
  /** What has come since it was last asked. */
  take(): readonly Arrival[]
  close(): void
}

/** The token that `/guarded` refuses; it lets in everybody else. */
export const refusedToken = 'refused'

/** Node's own, drawn anew for each form. */
const boundary = /formdata-undici-\d+/g

/** Tells what it got. `/moved/<status>` redirects to `/echo`; `/flaky` fails with 503 the first time it is asked after `take`. */
export const startEchoServer = async (): Promise<EchoServer> => {
  let arrivals: Arrival[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { method = '', url: path = '', rawHeaders, headers } = request
    const readable = (text: string) => text.replaceAll(boundary, 'boundary')
    const pairs = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), readable(rawHeaders[index + 1] ?? '')] as const] : [],
    )
    const arrival: Arrival = {
      method,
      path,
      authorization: headers.authorization,
      headers: pairs.filter(([name]) => name !== 'authorization'),
      body: readable(Buffer.concat(parts).toString('latin1')),
    }
    arrivals.push(arrival)
    const moved = /^\/moved\/(\d+)/.exec(path)?.[1]
    if (moved) return void response.writeHead(Number(moved), { location: '/echo' }).end()
    const status =
      headers.authorization === `Bearer ${refusedToken}`
        ? 401
        : Number(/^\/status\/(\d+)/.exec(path)?.[1] ?? (path.startsWith('/flaky') && arrivals.length === 1 ? 503 : 200))
    response
      .writeHead(status, { 'content-type': 'text/plain', 'x-echo': method })
      .end(status === 204 ? undefined : arrival.body)
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = arrivals
      arrivals = []
      return taken
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
