import { hide } from '../errors.ts'
import { isParams } from '../http/bodies.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import type { OwnPostInit, Post } from './strategy.ts'

export type Transport = typeof globalThis.fetch

/** The send for which `sendHeaders` is called. */
export interface SendHeadersContext {
  /** The id of the call, as in the event `request`. `null`: a request of the session itself, for a refresh or a sign-out. */
  readonly id: number | null
  readonly method: string
  /** Without query. */
  readonly url: string
}
/** Returns headers for one send. */
export type SendHeaders = (context: SendHeadersContext) => HeadersInit

export interface PostPorts {
  readonly transport: Transport
  /** What relative URLs resolve against. */
  readonly baseUrl: string | undefined
  /** Whether they are joined to it, be there a slash before them or not. */
  readonly isPrefix?: boolean | undefined
  readonly signal?: AbortSignal | null
  readonly keepalive?: boolean
  /** What the app sends anew with each request to its own origins. */
  readonly sendHeaders?: SendHeaders | undefined
  readonly trusted?: (() => TrustedOrigins) | undefined
}

/** What `post` throws: judged by its status, its headers, or the OAuth error it carries; the body is not in it. */
export class PostError extends Error {
  declare readonly status: number
  /** RFC 6749 §5.2, untrusted; empty if the answer had none, `null` if it was no JSON: perhaps not the server's own. */
  declare readonly error: string | null
  declare readonly headers: Headers
  /** It led elsewhere. Where to, or with which status, no page may know. */
  declare readonly redirected: boolean
  constructor(target: URL, response: Response, error: string | null) {
    // What does not look like a code is a piece of the answer.
    const code = error && (/^[a-z_]{1,40}$/.test(error) ? error : 'unknown_error')
    const { status } = response
    const redirected = isRedirect(response)
    const what = redirected ? 'with a redirect' : `${status} ${code ?? 'without JSON'}`
    super(`POST ${target.origin}${target.pathname} answered ${what}`.trim())
    this.status = status
    hide(this, 'redirected', redirected)
    this.error = code
    hide(this, 'headers', response.headers)
  }
}

/** Browsers show nothing of one that was not followed; others its status. */
const isRedirect = ({ type, status }: Response): boolean => type === 'opaqueredirect' || (status >= 300 && status < 400)

/** The error code of an answer that brought nothing: at any status (GitHub says 200), legal by RFC 6749 §5.2. */
function errorCode(answer: unknown): string {
  const { error, access_token, accessToken } = (answer ?? {}) as Readonly<Record<string, unknown>>
  return typeof error === 'string' && !access_token && !accessToken ? error : ''
}

/**
 * The calls of the token endpoint and its kin: without credentials, not followed, not cached, not retried (RFC 6749 §6, §5.1).
 */
export function createPost(ports: PostPorts): Post {
  const { transport, baseUrl, isPrefix, signal = null, keepalive = false, sendHeaders, trusted } = ports
  return async <Answer>(...[url, body, init = {}]: Parameters<Post>) => {
    const isJoined = isPrefix && typeof url === 'string' && !/^[a-z][a-z\d+.-]*:/i.test(url)
    const target = new URL(isJoined ? baseUrl + url.replace(/^\/+/, '') : url, baseUrl)
    const { method = 'POST' }: OwnPostInit = init
    const headers = new Headers(init.headers)
    if (sendHeaders && trusted?.().has(target)) {
      const own = sendHeaders({ id: null, method, url: target.origin + target.pathname })
      for (const [name, value] of new Headers(own)) if (!headers.has(name)) headers.set(name, value)
    }
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const isForm = isParams(body)
    if (body && !isForm && !headers.has('content-type')) headers.set('content-type', 'application/json')
    const response = await transport(target, {
      method,
      headers,
      body: isForm ? body : body ? JSON.stringify(body) : null,
      credentials: init.credentials ?? 'same-origin',
      // A 307 would hand the refresh token to another origin: a form needs no preflight. Not followed, and told from an outage.
      redirect: 'manual',
      cache: 'no-store',
      keepalive,
      signal,
    })
    return (await readAnswer(target, response)) as Answer
  }
}

/** No token response is larger. A few kilobytes of gzip can be gigabytes of text. */
const largestBytes = 2 ** 20

/** `null` where the body is larger than that: the rest is not read, and the connection ends. */
async function readText(response: Response): Promise<string | null> {
  // An app's own `fetch` may know no streams.
  const reader = response.body?.getReader?.()
  if (!reader) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0, part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.length
    if (bytes > largestBytes) {
      reader.cancel().catch(() => {})
      return null
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

/** The JSON of a good answer, `undefined` if it is empty. @throws PostError */
export async function readAnswer(target: URL, response: Response): Promise<unknown> {
  if (isRedirect(response)) throw new PostError(target, response, null)
  const text = await readText(response)
  let answer: unknown
  try {
    if (text === null) throw text
    answer = text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    throw new PostError(target, response, null)
  }
  const code = errorCode(answer)
  if (!response.ok || code) throw new PostError(target, response, code)
  return answer
}
