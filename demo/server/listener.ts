import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A server on loopback whose address is known before its answers are. */
export interface Listener {
  readonly origin: string
  readonly port: number
  answerWith(listener: RequestListener): void
  close(): Promise<void>
}

/** Opens `port` on loopback; if it is taken and `orAny` allows it, any free one. */
export async function openListener(port: number, orAny = true): Promise<Listener> {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer((request, response) => {
    Promise.resolve(listener(request, response)).catch((error: unknown) => {
      // A caller who went away is no news; anything else is a mistake in the demo.
      if (request.destroyed && !request.complete) return
      console.error(error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || !orAny) throw error
    return listen(server, 0)
  })
  const address = server.address() as AddressInfo

  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    answerWith: next => {
      listener = next
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** The whole body, up to `limit` bytes. */
export async function readBody(request: IncomingMessage, limit = 64 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > limit) throw new Error('The body is too large for the demo.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
