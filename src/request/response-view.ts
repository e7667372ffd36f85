import { readText } from '../http/read-text.ts'
import { type Challenge, readChallenges } from '../http/www-authenticate.ts'
import type { Clock } from '../time/clock.ts'
import { viewedBodyMs } from '../time/delays.ts'

/** A response that `shouldRefresh` can look at without consuming it. */
export interface ResponseView {
  /** 0 for a redirect that was not followed. */
  readonly status: number
  /** `'opaqueredirect'`: with `redirect: 'manual'`, the server redirected (to a login page, for example). */
  readonly type: ResponseType
  readonly headers: Headers
  /** The URL after redirects. */
  readonly url: string
  /** In capitals. */
  readonly method: string
  /** The challenges of `WWW-Authenticate`; empty if CORS hides the header. */
  readonly challenges: readonly Challenge[]
  /**
   * Reads a copy of the body as JSON; the copy is made only when this is called. Resolves with `undefined` at once if the content
   * type is not JSON (event streams, media, multipart), and if the body is larger than 256 KiB, takes longer than 5 s, or cannot
   * be parsed.
   */
  // biome-ignore lint/suspicious/noExplicitAny: only the app knows the type of its JSON
  json(): Promise<any>
}

const mostBytes = 256 * 1024
/** JSON by its media type (WHATWG MIME Sniffing, "JSON MIME type"). */
const isJson = /^(?:[^;]+\+|(?:application|text)\/)json\s*(?:;|$)/i

async function readJson(response: Response, clock: Clock): Promise<unknown> {
  if (!isJson.test(String(response.headers.get('content-type')))) return undefined
  let cancel = () => {}
  try {
    const text = await readText(response.clone(), {
      mostBytes,
      started: stop => {
        cancel = clock.setTimer(stop, viewedBodyMs)
      },
    })
    return text === null ? undefined : JSON.parse(text)
  } catch {
    // It cannot be read, or is no JSON.
  } finally {
    cancel()
  }
  return undefined
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
