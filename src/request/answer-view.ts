import { type Challenge, readChallenges } from '../http/www-authenticate.ts'

/** A refused answer, looked at without consuming it. */
export interface AnswerView {
  readonly status: number
  readonly headers: Headers
  /** Final URL. */
  readonly url: string
  readonly method: string
  readonly challenges: readonly Challenge[]
  /** A copy of the body as JSON; `undefined` if it is none or larger than 256 KiB. Only asking for it costs a copy. */
  // biome-ignore lint/suspicious/noExplicitAny: what the JSON is, only the app knows
  json(): Promise<any>
}

const largestBytes = 256 * 1024

async function readJson(response: Response): Promise<unknown> {
  const reader = response.clone().body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      bytes += part.value.byteLength
      if (bytes > largestBytes) {
        reader?.cancel().catch(() => {})
        return undefined
      }
      text += decoder.decode(part.value, { stream: true })
    }
    return JSON.parse(text + decoder.decode())
  } catch {
    return undefined
  }
}

/** For `shouldRefresh`. */
export function createAnswerView(response: Response, method: string): AnswerView {
  const { status, headers, url } = response
  return {
    status,
    headers,
    url,
    method,
    get challenges() {
      return readChallenges(response)
    },
    json: () => readJson(response),
  }
}
