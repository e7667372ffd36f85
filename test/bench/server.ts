import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { builtFolder } from './build.ts'

export interface BenchServer {
  readonly origin: string
  /** How many exchanges there were so far. */
  readonly exchanges: () => number
  readonly close: () => Promise<void>
}

const page = `<!doctype html><html lang="en"><title>Bench</title><link rel="icon" href="data:,">
<script type="module">globalThis.inside = await import('/inside.js')</script></html>`

/** An isolated page has a finer clock (hr-time, "cross-origin isolated"). */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

const send = (response: ServerResponse, status: number, type: string, body: string | Buffer) => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...isolated })
  response.end(body)
}

const drain = async (request: IncomingMessage) => {
  for await (const _part of request);
}

/**
 * Over loopback: the page, the built files, `/todos` for whoever has a good token, `/free` for all, and `/token`. `/refuse`
 * makes every token issued so far a refused one. An exchange takes as long as one to a server nearby would.
 */
export const startServer = async (): Promise<BenchServer> => {
  let issued = 0
  let refusedUpTo = 0
  let exchanges = 0

  const issue = (response: ServerResponse) => {
    issued += 1
    const tokens = { access_token: `access-${issued}`, refresh_token: `refresh-${issued}`, expires_in: 3600 }
    send(response, 200, 'application/json', JSON.stringify({ ...tokens, token_type: 'Bearer' }))
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/'
    await drain(request)
    if (path === '/page.html') return send(response, 200, 'text/html', page)
    if (path.endsWith('.js')) return send(response, 200, 'text/javascript', await readFile(builtFolder + path.slice(1)))
    if (path === '/sign-in') return issue(response)
    if (path === '/token') {
      exchanges += 1
      setTimeout(issue, 50, response)
      return
    }
    if (path === '/refuse') {
      refusedUpTo = issued
      return send(response, 200, 'application/json', 'null')
    }
    const token = Number(request.headers.authorization?.slice('Bearer access-'.length))
    const isGood = path === '/free' || token > refusedUpTo
    send(response, isGood ? 200 : 401, 'application/json', isGood ? '{"fine":true}' : '{"error":"invalid_token"}')
  }
  return { ...(await listen(answer)), exchanges: () => exchanges }
}

const listen = async (
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Pick<BenchServer, 'origin' | 'close'>> => {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
