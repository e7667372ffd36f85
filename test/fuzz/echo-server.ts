import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Arrival } from './compare-fetch.ts'

export interface Echo {
  /** Whether a request is for it: of `/echo`, `/status/<status>`, `/moved/<status>`, `/elsewhere/<status>`, `/flaky` and `/hang`. */
  has(request: IncomingMessage): boolean
  respond(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** What has come since it was last asked. */
  take(): readonly Arrival[]
}

export interface EchoServer extends Pick<Echo, 'take'> {
  readonly origin: string
  close(): void
}

/** The token that is rejected; any other, and none, is accepted. */
export const refusedToken = 'refused'

const paths = /^\/(?:echo|status\/|moved\/|elsewhere\/|flaky|hang)/

/** As a server allows it whose pages are of another origin. */
const corsOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  headers.origin === undefined
    ? {}
    : {
        'access-control-allow-origin': headers.origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': headers['access-control-request-method'] ?? 'GET',
        'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
        'access-control-expose-headers': 'x-echo, www-authenticate',
        'access-control-max-age': '600',
      }

const isPreflight = ({ method, headers }: IncomingMessage) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

/** The boundary of a form is drawn anew for each, and may be longer: it is replaced, and the length is counted without it. */
function withoutBoundary(pairs: Arrival['headers'], body: string): Pick<Arrival, 'headers' | 'body'> {
  const type = pairs.find(([name]) => name === 'content-type')?.[1] ?? ''
  // Where the caller set the content type, it may name another one than the body has.
  const boundaries = [/boundary="?([^";]+)/.exec(type)?.[1], /^--(-*\S{10,})\r\n/.exec(body)?.[1]]
  const plain = (text: string) =>
    boundaries.reduce<string>((read, boundary) => (boundary ? read.replaceAll(boundary, 'boundary') : read), text)
  const readable = plain(body)
  const headers = pairs.map(([name, value]) => {
    const isLength = name === 'content-length' && readable !== body
    return [name, isLength ? `${readable.length}` : name === 'content-type' ? plain(value) : value] as const
  })
  return { headers, body: readable }
}

/** Sends back what it gets, and keeps it. `elsewhere`: the origin to which `/elsewhere/<status>` redirects. */
export function createEcho(elsewhere = ''): Echo {
  let arrivals: Arrival[] = []
  return {
    has: ({ url = '' }) => paths.test(url),
    async respond(request, response) {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const cors = corsOf(request)
      if (isPreflight(request)) return void response.writeHead(204, cors).end()
      const { method = '', url: path = '', rawHeaders, headers } = request
      const pairs = rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] as const] : [],
      )
      const { authorization, host = '' } = headers
      const others = pairs.filter(([name]) => name !== 'authorization')
      const arrival = {
        method,
        path,
        host,
        authorization,
        ...withoutBoundary(others, Buffer.concat(parts).toString('latin1')),
      }
      arrivals.push(arrival)
      const moved = /^\/(moved|elsewhere)\/(\d+)/.exec(path)
      const location = moved?.[1] === 'elsewhere' ? `${elsewhere}/echo` : '/echo'
      if (moved) return void response.writeHead(Number(moved[2]), { ...cors, location }).end()
      if (path.startsWith('/hang')) await new Promise(resolve => setTimeout(resolve, 1000).unref())
      const isFlaky = path.startsWith('/flaky') && arrivals.length === 1
      const asked = Number(/^\/status\/(\d+)/.exec(path)?.[1] ?? (isFlaky ? 503 : 200))
      const status = authorization === `Bearer ${refusedToken}` ? 401 : asked
      response
        .writeHead(status, { ...cors, 'content-type': 'text/plain', 'cache-control': 'no-store', 'x-echo': method })
        .end(status === 204 ? undefined : arrival.body)
    },
    take() {
      const taken = arrivals
      arrivals = []
      return taken
    },
  }
}

export const startEchoServer = async (elsewhere?: string): Promise<EchoServer> => {
  const { respond, take } = createEcho(elsewhere)
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
