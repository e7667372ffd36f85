import { type Challenge, readChallenges } from '../http/www-authenticate.ts'
import type { Clock } from '../platform/clock.ts'

/** A rejected answer, looked at without consuming it. */
export interface ResponseView {
  /** 0 of a redirect that is not followed. */
  readonly status: number
  /** `'opaqueredirect'`: with `redirect: 'manual'`, the server wanted to send the browser elsewhere (a login page, say). */
  readonly type: ResponseType
  readonly headers: Headers
  /** Final URL. */
  readonly url: string
  readonly method: string
  readonly challenges: readonly Challenge[]
  /**
   * A copy of the body as JSON. `undefined` at once where the content type is not JSON's (event streams, media, multipart),
   * and where the body is larger than 256 KiB or takes over 5 s. Only asking for it costs a copy.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what the JSON is, only the app knows
  json(): Promise<any>
}

const largestBytes = 256 * 1024
const longestMs = 5000
/** JSON by its media type (WHATWG MIME Sniffing, "JSON MIME type"). */
const isJson = /^(?:[^;]+\+|(?:application|text)\/)json\s*(?:;|$)/i

async function readJson(response: Response, clock: Clock): Promise<unknown> {
  if (!isJson.test(response.headers.get('content-type') ?? '')) return undefined
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  // A read that waits then resolves as the end would, so that the answer is not kept from its caller any longer.
  const stop = () => {
    bytes = Number.POSITIVE_INFINITY
    reader?.cancel().catch(() => {})
  }
  const cancel = clock.setTimer(stop, longestMs)
  try {
    reader = response.clone().body?.getReader()
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      bytes += part.value.byteLength
      if (bytes > largestBytes) stop()
      text += decoder.decode(part.value, { stream: true })
    }
    return bytes > largestBytes ? undefined : JSON.parse(text + decoder.decode())
  } catch {
    return undefined
  } finally {
    cancel()
  }
}

/** For `shouldRefresh`. */
export function createResponseView(response: Response, method: string, clock: Clock): ResponseView {
  const { status, type, headers, url } = response
  return {
    status,
    type,
    headers,
    url,
    method,
    get challenges() {
      return readChallenges(response)
    },
    json: () => readJson(response, clock),
  }
}
