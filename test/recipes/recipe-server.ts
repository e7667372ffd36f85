import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, type RootClient } from 'latchkey'
import { onTestFinished } from 'vitest'

export interface ApiCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What the API does with a request that carries the current access token. */
export type ApiHandler = (call: ApiCall, response: ServerResponse) => unknown

export interface RecipeWorld {
  readonly origin: string
  readonly api: RootClient
  /** The access token is refused from now on; the refresh token is good. */
  expire(): void
  /** Both are refused from now on. */
  end(): void
  /** The API fails with 500 from now on. */
  break(): void
  /** The API leaves requests without an answer from now on. */
  hang(): void
  /** Every request of the API, with the status it got, and whether its connection is done. */
  readonly calls: readonly (ApiCall & { status: number; isClosed: boolean })[]
  readonly refreshes: () => number
  readonly loginsRequired: () => number
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A real HTTP server with an API for one recipe, and a client with a session. Refresh tokens rotate; reuse is refused. */
export const startRecipeWorld = async (handler: ApiHandler): Promise<RecipeWorld> => {
  const calls: (ApiCall & { status: number; isClosed: boolean })[] = []
  let [generation, refreshes, logins] = [1, 0, 0]
  let mode: 'fine' | 'expired' | 'ended' | 'broken' | 'hanging' = 'fine'
  const enter = (next: typeof mode) => {
    mode = next
  }

  const refresh = (body: Buffer, response: ServerResponse): void => {
    refreshes += 1
    const { refreshToken } = JSON.parse(String(body)) as { readonly refreshToken: string }
    const isRefused = mode === 'ended' || refreshToken !== `refresh-${generation}`
    if (isRefused) {
      sendJson(response, 401, {})
      return
    }
    generation += 1
    mode = 'fine'
    sendJson(response, 200, tokens())
  }
  const tokens = () => ({
    accessToken: `access-${generation}`,
    refreshToken: `refresh-${generation}`,
    expiresInSeconds: 3600,
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = request
    const body = await readBody(request)
    if (url === '/auth/refresh') return refresh(body, response)
    const call = { method, path: url, headers, body, status: 0, isClosed: false }
    calls.push(call)
    response.once('close', () => {
      call.status = response.headersSent ? response.statusCode : 0
      call.isClosed = true
    })
    if (mode === 'hanging') return
    if (mode === 'broken') return sendJson(response, 500, { message: 'broken' })
    if (mode !== 'fine' || headers.authorization !== `Bearer access-${generation}`) {
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
      return sendJson(response, 401, { message: 'not with this token' })
    }
    await handler(call, response)
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const api = createClient({
    baseUrl: origin,
    retry: 0,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    onLoginRequired: () => {
      logins += 1
    },
  })
  onTestFinished(() => api.dispose())
  await api.session.signIn(tokens())
  return {
    origin,
    api,
    calls,
    expire: () => enter('expired'),
    end: () => enter('ended'),
    break: () => enter('broken'),
    hang: () => enter('hanging'),
    refreshes: () => refreshes,
    loginsRequired: () => logins,
  }
}
