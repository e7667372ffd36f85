import type { IncomingMessage, ServerResponse } from 'node:http'

/** An answer as a value, so that a fault can spoil it on its way out. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
}

/** A request that was read to its end. */
export interface ReceivedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export const receive = async (request: IncomingMessage): Promise<ReceivedRequest> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const url = new URL(request.url ?? '/', 'http://server.test')
  const { method = 'GET', headers } = request
  return { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) }
}

export const json = (status: number, body: object, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(body),
})

const lengthOf = (body: Answer['body']) => String(Buffer.byteLength(body ?? ''))

/** Headers of the whole answer, and as much of its body as is asked for. Does not end it. */
export const begin = (response: ServerResponse, { status, headers = {}, body = '' }: Answer, bytes = 0): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-length', lengthOf(body))
  response.writeHead(status)
  response.flushHeaders()
  if (bytes > 0) response.write(Buffer.from(body).subarray(0, bytes))
}

export const send = (response: ServerResponse, { status, headers = {}, body = '' }: Answer): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (status !== 204 && status !== 304) response.setHeader('content-length', lengthOf(body))
  response.writeHead(status).end(body)
}

export const cookiesOf = ({ headers }: ReceivedRequest): ReadonlyMap<string, string> => {
  const pairs = (headers.cookie ?? '').split(';').map(pair => pair.trim().split('='))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}

/** The body as an object, or an empty one where it is not JSON. */
export const jsonOf = ({ body }: ReceivedRequest): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(String(body)) as Record<string, unknown>
  } catch {
    return {}
  }
}
