// (9) openapi-fetch with generated types, upload with progress, streaming download, WebSocket and SSE, axios

import axios from 'axios'
import type { KyInstance } from 'ky'
import { isHTTPError } from 'ky'
import { createClient, readChallenges } from 'latchkey'
import createOpenApi from 'openapi-fetch'

interface paths {
  '/todos': { get: { responses: { 200: { content: { 'application/json': string[] } } } } }
}
export const api = createClient({ baseUrl: 'https://api.example.com/', trustedOrigins: ['https://files.example.com'] })
const openapi = createOpenApi<paths>({ baseUrl: 'https://api.example.com', fetch: api.fetch })
const openapiPublic = createOpenApi<paths>({
  baseUrl: 'https://api.example.com',
  fetch: api.extend({ auth: false }).fetch,
})
export const todos = async () => (await openapi.GET('/todos')).data ?? (await openapiPublic.GET('/todos')).data

export const upload = (file: File, show: (p: number) => void) =>
  api.post('https://files.example.com/', {
    body: file,
    timeout: false,
    onUploadProgress: ({ percent }) => show(percent),
  })
export const uploadStream = (file: File) =>
  api.fetch('https://files.example.com/', {
    method: 'POST',
    body: file.stream(),
    replay: () => file.stream(),
    duplex: 'half',
  })
export async function download(sink: WritableStream<Uint8Array>) {
  const answer = await api.get('big', { timeout: false, onDownloadProgress: ({ percent }) => console.log(percent) })
  await answer.body?.pipeTo(sink)
}
export async function socket() {
  const ws = new WebSocket('wss://api.example.com/live')
  ws.onopen = async () =>
    ws.send(JSON.stringify({ token: await api.session.getAccessToken({ minValidityMs: 60_000 }) }))
  return api.session.on('refreshed', async () => ws.send(JSON.stringify({ token: await api.session.getAccessToken() })))
}
export async function* events(signal: AbortSignal) {
  const answer = await api.fetch('https://api.example.com/events', { headers: { accept: 'text/event-stream' }, signal })
  if (!answer.body) return
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}
// axios stays, its interceptors go
export const http = axios.create({ baseURL: 'https://api.example.com/', adapter: 'fetch', env: { fetch: api.fetch } })
// wherever a ky or a fetch is wanted
export const asKy: KyInstance = api
export const asFetch: typeof globalThis.fetch = api.fetch
// tenant header, opt-outs
const tenant = api.extend({ headers: { 'X-Tenant': 'acme' } })
export const both = [
  tenant.session === api.session,
  tenant.get('x', { auth: 'optional' }),
  tenant.extend(p => ({ prefix: `${p.prefix}/v2` })).delete('x', { replay: false }),
]
// insufficient_scope
export async function scopeNeeded() {
  try {
    await api.get('admin')
  } catch (e) {
    if (isHTTPError(e) && e.response.status === 403)
      return readChallenges(e.response).find(c => c.params['error'] === 'insufficient_scope')?.params['scope']
    throw e
  }
  return undefined
}
