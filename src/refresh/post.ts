import { isUrl } from '../checks/option-rules.ts'
import { ConfigurationError, check, hide } from '../errors.ts'
import { isFormData, isParams } from '../http/bodies.ts'
import { readText } from '../http/read-text.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import { isPromise } from '../platform/is-promise.ts'
import { parseUrl } from '../platform/page.ts'
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
  /** The base of relative URLs. */
  readonly baseUrl: string | undefined
  /** Whether relative URLs are joined to `baseUrl`, with or without a leading slash. */
  readonly isPrefix?: boolean | undefined
  readonly signal?: AbortSignal | null
  readonly keepalive?: boolean
  /** Headers that the app adds to each request to trusted origins. */
  readonly sendHeaders?: SendHeaders | undefined
  readonly trusted?: (() => TrustedOrigins) | undefined
}

/** What `post` throws. Carries status, headers and OAuth error, by which it is judged, and not the body. */
export class PostError extends Error {
  declare readonly status: number
  /** RFC 6749 §5.2, untrusted. Empty if the response had none; `null` if it was not JSON: perhaps it came from a proxy. */
  declare readonly error: string | null
  declare readonly headers: Headers
  /** The response was a redirect. Browsers hide its target and status. */
  declare readonly redirected: boolean
  constructor(target: URL, response: Response, error: string | null) {
    // Text that does not look like a code may be any part of the response.
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

/** Browsers hide the status of a redirect that is not followed; other engines show it. */
const isRedirect = ({ type, status }: Response): boolean => type === 'opaqueredirect' || (status >= 300 && status < 400)

/** The error code of a response without tokens, at any status: GitHub sends 200 (RFC 6749 §5.2). */
function errorCode(answer: unknown): string {
  const { error, access_token, accessToken } = (answer ?? {}) as Readonly<Record<string, unknown>>
  return typeof error === 'string' && !access_token && !accessToken ? error : ''
}

/**
 * What an option of the app returned. A promise would count as no headers.
 * @throws ConfigurationError also for what no header can carry: the platform's own TypeError would print it
 */
export function readHeaders(returned: HeadersInit | undefined, option: string): Headers {
  check(!isPromise(returned), option, 'write a function that is not async')
  try {
    return new Headers(returned)
  } catch {
    throw new ConfigurationError(option, 'has a name or a value that no header can have')
  }
}

/**
 * Makes `post`, which calls the token endpoint and the like: no credentials, no redirects, no cache, no retries (RFC 6749 §6, §5.1).
 */
export function createPost(ports: PostPorts): Post {
  const { transport, baseUrl, isPrefix, signal = null, keepalive = false, sendHeaders, trusted } = ports
  return async <Answer>(...[url, body, init = {}]: Parameters<Post>) => {
    const isJoined = isPrefix && typeof url === 'string' && !/^[a-z][a-z\d+.-]*:/i.test(url)
    const target = isUrl(url) && parseUrl(isJoined ? baseUrl + url.replace(/^\/+/, '') : url, baseUrl)
    // Judged as mistakes in the app's function. `undefined` would be the path "/undefined", whose 401 would end the session.
    if (!target) throw new TypeError('post: its URL is undefined, or no URL')
    if (body && (typeof body !== 'object' || isFormData(body)))
      throw new TypeError('post: its body is not an object or URLSearchParams')
    const { method = 'POST' }: OwnPostInit = init
    const headers = new Headers(init.headers)
    if (sendHeaders && trusted?.().has(target)) {
      const own = sendHeaders({ id: null, method, url: target.origin + target.pathname })
      for (const [name, value] of readHeaders(own, 'sendHeaders')) if (!headers.has(name)) headers.set(name, value)
    }
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const isForm = isParams(body)
    if (body && !isForm && !headers.has('content-type')) headers.set('content-type', 'application/json')
    const response = await transport(target, {
      method,
      headers,
      body: isForm ? body : body ? JSON.stringify(body) : null,
      credentials: init.credentials ?? 'same-origin',
      // Following a 307 would send the refresh token to another origin, and a form needs no preflight. `manual` also tells a
      // redirect from an outage.
      redirect: 'manual',
      cache: 'no-store',
      keepalive,
      signal,
    })
    return (await readAnswer(target, response)) as Answer
  }
}

/** No token response is larger. A few kilobytes of gzip can be gigabytes of text. */
const mostBytes = 2 ** 20

/** The JSON of a successful response, `undefined` if it is empty. @throws PostError */
export async function readAnswer(target: URL, response: Response): Promise<unknown> {
  if (isRedirect(response)) throw new PostError(target, response, null)
  const text = await readText(response, { mostBytes })
  let answer: unknown
  try {
    // `null`, if it is too large, has no `trim`.
    answer = (text as string).trim() === '' ? undefined : JSON.parse(text as string)
  } catch {
    throw new PostError(target, response, null)
  }
  const code = errorCode(answer)
  if (!response.ok || code) throw new PostError(target, response, code)
  return answer
}
