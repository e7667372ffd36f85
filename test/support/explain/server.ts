import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, receive, send } from '../http-messages.ts'
import { servePage } from '../pages.ts'
import type { Place, Situation } from './situation.ts'

export interface ExplainServer {
  readonly page: string
  /** The folder of a situation, with a slash at its end. */
  folderOf(index: number, engine: string): string
  /** Requests without the query that every call of a situation has, and what they brought. */
  readonly probes: readonly { readonly path: string; readonly brought: readonly string[] }[]
  close(): Promise<void>
}

/** On every address of this machine, by either protocol. */
const listen = (server: Server): Promise<number> =>
  new Promise(resolve => server.listen(0, () => resolve((server.address() as AddressInfo).port)))

const exposed = 'WWW-Authenticate, Date, Retry-After, DPoP-Nonce'

/** What CORS lets the page of `origin` read. */
function corsOf(cors: Situation['cors'] = 'all', origin: string, status: number): Answer['headers'] {
  if (cors === 'nothing' || (cors === 'not-errors' && status >= 400)) return {}
  if (cors === 'no-credentials') return { 'access-control-allow-origin': '*' }
  const allowed = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
  return cors === 'not-headers' ? allowed : { ...allowed, 'access-control-expose-headers': exposed }
}

const preflightOf = (cors: Situation['cors'], origin: string): Answer => {
  if (cors === 'no-authorization') return { status: 401 }
  const names = 'authorization, content-type, dpop, x-requested-with'
  const allowed = { 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': names }
  return { status: 204, headers: { ...corsOf(cors === 'nothing' ? cors : 'all', origin, 204), ...allowed } }
}

const secretHeaders = ['authorization', 'cookie', 'dpop', 'referer']

/** One server program: the page, every situation’s API at several origins, and another origin to be redirected to. */
export async function startExplainServer(situations: readonly Situation[]): Promise<ExplainServer> {
  const counts = new Map<string, number>()
  const probes: { readonly path: string; readonly brought: readonly string[] }[] = []
  let elsewhere = ''

  async function answerSituation(request: IncomingMessage, response: ServerResponse, index: number): Promise<void> {
    const { headers, method, url = '' } = request
    const situation = situations[index]
    const origin = headers.origin ?? '*'
    if (!situation || method === 'OPTIONS') return send(response, preflightOf(situation?.cors, origin))
    const received = await receive(request)
    if (!url.includes('?') && /\/(todos|enter|admin|auth\/login)$/.test(url))
      probes.push({ path: url, brought: secretHeaders.filter(name => headers[name] !== undefined) })
    const folder = url.split('/').slice(0, 4).join('/')
    const count = counts.get(folder) ?? 0
    counts.set(folder, count + 1)
    const answer = situation.reply(received, { elsewhere, count })
    if (!answer) return void request.socket.destroy()
    send(response, { ...answer, headers: { ...answer.headers, ...corsOf(situation.cors, origin, answer.status) } })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, first, , index] = (request.url ?? '').split('/')
    if (first === 'situation') return answerSituation(request, response, Number(index))
    send(response, (await servePage(await receive(request))) ?? { status: 404 })
  }

  /** Refuses whatever comes without a token, and answers all with CORS but `/hidden`. */
  async function answerElsewhere(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method, url } = request
    await receive(request)
    const isHidden = url?.startsWith('/hidden')
    const cors = corsOf(isHidden ? 'nothing' : 'all', headers.origin ?? '*', 200)
    if (method === 'OPTIONS') return send(response, preflightOf('all', headers.origin ?? '*'))
    const status = isHidden || headers.authorization ? 200 : 401
    const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
    send(response, { status, headers: { 'content-type': 'application/json', ...challenge, ...cors }, body: '{}' })
  }

  const serve = (answering: typeof answer) =>
    createServer((request, response) => void answering(request, response).catch(() => request.socket.destroy()))
  const servers = [serve(answer), serve(answer), serve(answerElsewhere), createServer()] as const
  const [pagePort = 0, apiPort = 0, elsewherePort = 0, deadPort = 0] = await Promise.all(servers.map(listen))
  servers[3].close()
  elsewhere = `http://127.0.0.1:${elsewherePort}`
  const origins: Readonly<Record<Place, string>> = {
    same: `http://127.0.0.1:${pagePort}`,
    cross: `http://127.0.0.1:${apiPort}`,
    'cross-site': `http://localhost:${apiPort}`,
    staging: `http://api.staging.localhost:${apiPort}`,
    dead: `http://127.0.0.1:${deadPort}`,
  }
  return {
    page: origins.same,
    folderOf: (index, engine) => `${origins[situations[index]?.place ?? 'cross']}/situation/${engine}/${index}/`,
    probes,
    close: async () => {
      for (const server of servers.slice(0, 3)) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
