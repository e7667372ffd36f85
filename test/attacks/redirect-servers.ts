import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One hop: with which status, to which server, and how the address is written. */
export interface Hop {
  readonly status: number
  readonly to: number
  readonly form: keyof typeof forms
}

/** One request, as it came over the wire. */
export interface Arrival {
  readonly server: number
  /** Head and body. */
  readonly text: string
}

/** How a server may write where it redirects. */
export const forms = {
  absolute: (host: string) => `http://${host}`,
  'without a scheme': (host: string) => `//${host}`,
  'with a backslash': (host: string) => `/\\${host}`,
  'in capitals': (host: string) => `HTTP://${host}`,
  'with a tab': (host: string) => `http:/\t/${host}`,
} as const

const readBody = async (request: IncomingMessage) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('latin1')
}

/** Servers of different origins, which redirect as the URL says. The one at the end responds with 200. */
export async function startRedirectServers(count: number) {
  const arrivals: Arrival[] = []
  const hosts: string[] = []
  const respond = async (server: number, request: IncomingMessage, response: ServerResponse) => {
    const { url = '', rawHeaders, method } = request
    const body = await readBody(request)
    arrivals.push({ server, text: [method, url, ...rawHeaders, body].join('\n') })
    const hops = JSON.parse(new URL(url, 'http://any.test').searchParams.get('hops') ?? '[]') as readonly Hop[]
    const [hop, ...rest] = hops
    if (!hop) return void response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    const location = `${forms[hop.form](hosts[hop.to] ?? '')}/x?hops=${encodeURIComponent(JSON.stringify(rest))}`
    response.writeHead(hop.status, { location }).end()
  }
  const servers = Array.from({ length: count }, (_, server) =>
    createServer((request, response) => {
      respond(server, request, response).catch(() => response.destroy())
    }),
  )
  for (const server of servers) {
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
    hosts.push(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
  return {
    hosts,
    /** What has come since it was last called. */
    take: () => arrivals.splice(0),
    close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
