import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { describe, expect, test, vi } from 'vitest'
import { download, upload } from '../../demo/recipes/downloads-and-uploads.ts'
import { openPdf } from '../../demo/recipes/pdf-js.ts'
import { startUpload } from '../../demo/recipes/tus.ts'
import { describeRecipe } from './recipe-behaviour.ts'
import type { ApiHandler, RecipeWorld } from './recipe-server.ts'
import { startRecipeWorld } from './recipe-server.ts'

const text = 'x'.repeat(100_000)
const sendText: ApiHandler = (_call, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.length }).end(text)
}

describeRecipe({
  library: 'downloads',
  handler: sendText,
  answer: text.length,
  start:
    ({ api }) =>
    async signal =>
      (await download(api, 'report', { ...(signal && { signal }) })).size,
})

describeRecipe({
  library: 'uploads',
  handler: ({ body }, response) => response.writeHead(body.length === text.length ? 204 : 400).end(),
  answer: undefined,
  start:
    ({ api }) =>
    signal =>
      upload(api, 'files', new Blob([text]), { ...(signal && { signal }) }),
})

test('the recipes for transfers report their progress up to the end, also across a refresh', async () => {
  const world = await startRecipeWorld((call, response) =>
    call.method === 'GET' ? sendText(call, response) : response.writeHead(204).end(),
  )
  const [down, up] = [[] as number[], [] as number[]]
  world.expire()
  await download(world.api, 'report', { onProgress: share => void down.push(share) })
  world.expire()
  await upload(world.api, 'files', new Blob([text]), { onProgress: share => void up.push(share) })
  expect({ down: down.at(-1), up: up.at(-1), refreshes: world.refreshes() }).toEqual({ down: 1, up: 1, refreshes: 2 })
})

/** The smallest document that pdf.js reads. */
const pdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
trailer<</Root 1 0 R>>`

describeRecipe({
  library: 'pdf.js',
  handler: (_call, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdf),
  answer: 1,
  start:
    ({ api }) =>
    async signal =>
      (await openPdf(api, 'document', source => getDocument({ ...source, verbosity: 0 }), signal)).numPages,
})

/** The tus protocol 1.0 for one file: create, then one PATCH for each part. */
const tusHandler = (): ApiHandler => {
  let received = 0
  return ({ method, body }, response) => {
    response.setHeader('tus-resumable', '1.0.0')
    if (method === 'POST') return response.writeHead(201, { location: '/files/1' }).end()
    if (method === 'HEAD')
      return response.writeHead(200, { 'upload-offset': received, 'upload-length': text.length }).end()
    received += body.length
    return response.writeHead(204, { 'upload-offset': received }).end()
  }
}

describe('the recipe for tus', () => {
  const run = (world: RecipeWorld, onProgress?: () => void) =>
    new Promise<string | null>((resolve, reject) => {
      const upload = startUpload(world.api, Buffer.from(text) as never, {
        endpoint: `${world.origin}/files`,
        chunkSize: 40_000,
        retryDelays: [0, 0, 0],
        onSuccess: () => resolve(upload.url),
        onError: reject,
        onChunkComplete: () => onProgress?.(),
      })
    })

  test('goes on with a newer token when the token expires in the middle of an upload', async () => {
    const world = await startRecipeWorld(tusHandler())
    let parts = 0
    const url = await run(world, () => {
      parts += 1
      if (parts === 1) world.expire()
    })
    const received = world.calls.filter(({ method, status }) => method === 'PATCH' && status === 204)
    expect({
      url,
      refreshes: world.refreshes(),
      bytes: Buffer.concat(received.map(({ body }) => body)).toString() === text,
    }).toEqual({ url: `${world.origin}/files/1`, refreshes: 1, bytes: true })
  })

  test('fails when the session ends, calls for a login, and stops sending', async () => {
    const world = await startRecipeWorld(tusHandler())
    world.end()
    await expect(run(world)).rejects.toThrow()
    await vi.waitFor(() => expect(world.loginsRequired()).toBe(1))
    expect({ sends: world.calls.length, refreshes: world.refreshes() }).toEqual({ sends: 1, refreshes: 1 })
  })
})
