import { createAbort } from '../platform/abort.ts'
import { pageFetch } from '../platform/fetch.ts'
import type { ProbeFacts } from './facts.ts'

const longestMs = 5000

/** No token, no cookie, no referrer; what a cache holds says nothing. */
const bare: RequestInit = { method: 'GET', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }

async function sendBare(url: string, init: RequestInit): Promise<Response | null> {
  const abort = createAbort()
  const timer = setTimeout(() => abort.abort(), longestMs)
  try {
    const response = await pageFetch()(url, { ...bare, ...init, signal: abort.signal })
    response.body?.cancel().catch(() => {})
    return response
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** Requests the same URL bare, to find out why a page may not read a response. Never rejects. */
export async function probe(url: string, isCrossOrigin: boolean): Promise<ProbeFacts> {
  if (!isCrossOrigin) {
    const response = await sendBare(url, { redirect: 'manual' })
    const isRedirected = response?.type === 'opaqueredirect'
    return { isReachable: response !== null, isReadable: response !== null && !isRedirected, isRedirected }
  }
  const [opaque, readable] = await Promise.all([sendBare(url, { mode: 'no-cors' }), sendBare(url, { mode: 'cors' })])
  return { isReachable: opaque !== null || readable !== null, isReadable: readable !== null, isRedirected: false }
}
