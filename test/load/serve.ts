import { createServer } from 'node:http'
import { build } from 'esbuild'
import { root } from '../support/project.ts'
import { answerLoad } from './answer.ts'
import { bundlePage, pageOf } from './bundle-page.ts'

const page = pageOf('/in-page.js')

async function bundle(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    stdin: {
      contents: "import { serveSharedMemory } from 'latchkey/shared-memory-worker'\nserveSharedMemory()",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    logLevel: 'error',
    tsconfigRaw: {}, // as an app sees it, without this project's paths
  })
  return new Map([
    ['/session-worker.js', outputFiles[0]?.text ?? ''],
    ['/in-page.js', await bundlePage('test/load/in-page.ts')],
  ])
}

/** The page, and {@link answerLoad} behind it. */
export async function serveLoad(): Promise<{ readonly origin: string; readonly close: () => void }> {
  const scripts = await bundle()
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const script = scripts.get(path)
    const found = path === '/' ? page : script
    if (found !== undefined) {
      response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' }).end(found)
      return
    }
    let sent = ''
    for await (const part of request) sent += part
    const { status, body, headers = {} } = answerLoad(path, request.headers.authorization, sent)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://127.0.0.1:${port}`, close }
}
