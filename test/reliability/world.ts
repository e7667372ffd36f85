import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createDeferred } from '../support/deferred.ts'
import { createSelfSigned } from '../support/self-signed.ts'
import type { Addresses, Fault } from './fault.ts'

/** The server's side of one cell. */
export interface Account {
  /** A path of its own, with a slash at its end: `http://127.0.0.1:4000/7/`. */
  readonly url: string
  /** The access token of the first sign-in. */
  readonly accessToken: string
  readonly refreshToken: string
  seen(): Seen | Promise<Seen>
  /** Lets the token endpoint respond. */
  release(): unknown
  /** From now on the token endpoint is healthy. */
  heal(): unknown
}

/** What the token endpoint has seen. */
export interface Seen {
  /** How often it was called. */
  readonly tokenRequests: number
  /** How often a refresh token was presented that had been exchanged. Forgiven, as servers with a reuse interval do. */
  readonly reuses: number
}

export interface AccountOptions {
  readonly fault: Fault
  /** How many token requests it strikes. */
  readonly times: number
  /** Whether the API accepts the first access token, as long as the test lasts. */
  readonly acceptsFirst: boolean
  /** Whether the token endpoint responds to nothing until it is released. */
  readonly isHeld: boolean
}

/** What a cell needs of the servers. */
export interface CellWorld {
  readonly addresses: Addresses
  open(options: AccountOptions): Account | Promise<Account>
}

export interface World extends CellWorld {
  open(options: AccountOptions, origin?: string): Account
  /** The same server, as often as was wanted: browsers open six connections to an origin. */
  readonly origins: readonly string[]
  /** What reached the other origin that redirects lead to. */
  readonly elsewhere: readonly string[]
  close(): Promise<void>
}

const listen = async (server: Server): Promise<number> => {
  // More connections may wait than a server is ready for by default: those over it would be tried again after seconds.
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return (server.address() as AddressInfo).port
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const part of request) text += part
  return text
}

type Endpoint = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>

/** A server whose access tokens are good until the next is issued, and whose refresh tokens rotate. */
function createEndpoint({ fault, times, acceptsFirst, isHeld }: AccountOptions, id: number, elsewhere: string) {
  let generation = 0
  let faultsLeft = times
  const seen = { tokenRequests: 0, reuses: 0 }
  const tokenOf = (kind: string) => `${kind}-${id}-${generation}`
  const rotate = () => {
    generation += 1
    const tokens = { access_token: tokenOf('access'), token_type: 'Bearer', expires_in: 300 }
    return JSON.stringify({ ...tokens, refresh_token: tokenOf('refresh') })
  }

  const released = createDeferred()
  if (!isHeld) released.resolve()
  const first = `Bearer ${tokenOf('access')}`

  const refresh: Endpoint = async (request, response) => {
    const presented = new URLSearchParams(await readBody(request)).get('refresh_token')
    await released.promise
    seen.tokenRequests += 1
    if (presented !== tokenOf('refresh')) seen.reuses += 1
    const isStruck = faultsLeft > 0 && fault.strike !== undefined
    faultsLeft -= 1
    const tokens = isStruck && !fault.isHandled ? '{"access_token":"unused"}' : rotate()
    if (!isStruck) return void response.writeHead(200, { 'content-type': 'application/json' }).end(tokens)
    fault.strike?.(response, tokens, elsewhere)
  }

  const api: Endpoint = async (request, response) => {
    const body = await readBody(request)
    const { authorization } = request.headers
    const isGood = authorization === first ? acceptsFirst : authorization === `Bearer ${tokenOf('access')}`
    if (isGood) return void response.writeHead(200).end(body)
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  }

  const account = (url: string): Account => ({
    url,
    accessToken: tokenOf('access'),
    refreshToken: tokenOf('refresh'),
    seen: () => ({ ...seen }),
    release: released.resolve,
    heal: () => {
      faultsLeft = 0
    },
  })
  return { account, serve: (path: string): Endpoint => (path.startsWith('/token') ? refresh : api) }
}

export interface WorldOptions {
  /** @default 1 */
  readonly origins?: number
  /** What is at the paths that no cell has. */
  readonly files?: ReadonlyMap<string, { readonly type: string; readonly text: string }>
}

/** One HTTP server for all cells, each under a path of its own, and the servers that are no good. */
export async function startWorld({ origins = 1, files = new Map() }: WorldOptions = {}): Promise<World> {
  const endpoints: ReturnType<typeof createEndpoint>[] = []
  const elsewhere: string[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const file = files.get(request.url ?? '')
    if (file) return void response.writeHead(200, { 'content-type': file.type }).end(file.text)
    const [, id = '', path = ''] = /^\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? []
    endpoints[Number(id)]
      ?.serve(path)(request, response, path)
      .catch(() => response.destroy())
  }
  // A kept connection that ends just as it is used again would be a fault that nobody ordered.
  const mains = Array.from({ length: origins }, () => createServer({ keepAliveTimeout: 120_000 }, answer))
  const other = createServer((request, response) => {
    elsewhere.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"stolen"}')
  })
  const resetting = createTcpServer(socket => socket.resetAndDestroy())
  // Whose other end nobody closes.
  const babbled = new Set<Socket>()
  const babbling = createTcpServer(socket => {
    babbled.add(socket)
    socket.on('error', () => {})
    socket.end('220 mail.example.com ESMTP\r\n')
  })
  const closed = createTcpServer()
  const selfSigned = createTlsServer(createSelfSigned(), (_, response) => response.end('{"access_token":"stolen"}'))
  const servers = [other, resetting, babbling, selfSigned, ...mains]
  const ports = await Promise.all(servers.map(listen))
  const [otherPort = 0, resettingPort = 0, babblingPort = 0, selfSignedPort = 0, ...mainPorts] = ports
  const closedPort = await listen(closed)
  await new Promise(resolve => closed.close(resolve))
  const origin = (port: number) => `http://127.0.0.1:${port}`
  const [firstOrigin = '', ...otherOrigins] = mainPorts.map(origin)
  return {
    addresses: {
      // A label of more than 63 letters: every resolver says no without asking another.
      unknownHost: `http://${'n'.repeat(64)}.example/token`,
      closedPort: `${origin(closedPort)}/token`,
      resetting: `${origin(resettingPort)}/token`,
      brokenTls: `https://127.0.0.1:${babblingPort}/token`,
      selfSigned: `https://127.0.0.1:${selfSignedPort}/token`,
      notHttp: `${origin(babblingPort)}/token`,
    },
    origins: [firstOrigin, ...otherOrigins],
    open: (options, at = firstOrigin) => {
      const id = endpoints.length
      const endpoint = createEndpoint(options, id, origin(otherPort))
      endpoints.push(endpoint)
      return endpoint.account(`${at}/${id}/`)
    },
    elsewhere,
    close: async () => {
      for (const server of [other, selfSigned, ...mains]) server.closeAllConnections()
      for (const socket of babbled) socket.destroy()
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}
