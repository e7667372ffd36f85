import { createHash } from 'node:crypto'
import { type AuthSettings, defaultSettings } from './auth-settings.ts'
import { type Answer, json, type ReceivedRequest } from './http-messages.ts'

/** One request that reached the API. */
export interface ApiSend {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly authorization: string | null
  readonly headers: ReceivedRequest['headers']
  readonly body: Buffer
  readonly bodySha256: string
  /** What it was answered with; `null` while it is held, or if a fault struck first. */
  status: number | null
}

/** What the API says of a request that it let in. */
export interface ApiEcho {
  readonly subject: string
  readonly method: string
  readonly path: string
  readonly bodyLength: number
  readonly bodySha256: string
  /** Those that apps set; never `Authorization`. */
  readonly headers: Readonly<Record<string, string>>
  /** How often this method and path was sent until now, this time included. */
  readonly sends: number
}

export interface ProtectedApi {
  /** Notes the request at once, so that it counts although a gate holds it. */
  record(request: ReceivedRequest): ApiSend
  answer(request: ReceivedRequest, send: ApiSend): Answer
  /** 401, whatever the token. */
  refuse(request: ReceivedRequest): Answer
  readonly sends: readonly ApiSend[]
}

const echoed = /^(accept|content-type|content-length|idempotency-key|origin|x-.*)$/

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex')

const pickHeaders = (headers: ReceivedRequest['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (echoed.test(name) ? [[name, String(value)]] : [])),
  )

/** RFC 6750 §3.1: who sent no token is not told of an error in it. */
const createRefusal = ({ challenge }: AuthSettings, { headers }: ReceivedRequest): Answer => {
  const told = headers.authorization === undefined && challenge === defaultSettings.challenge ? 'Bearer' : challenge
  return json(401, { message: 'Not with this token' }, told === null ? {} : { 'www-authenticate': told })
}

/** Any method under `/api/`: 401 with a challenge (RFC 6750 §3), or an echo of what came. */
export const createProtectedApi = (
  settings: AuthSettings,
  subjectOf: (request: ReceivedRequest) => string | null,
): ProtectedApi => {
  const sends: ApiSend[] = []

  const echo = (
    { method, path, headers, body }: ReceivedRequest,
    { bodySha256 }: ApiSend,
    subject: string,
  ): ApiEcho => ({
    subject,
    method,
    path,
    bodyLength: body.length,
    bodySha256,
    headers: pickHeaders(headers),
    sends: sends.filter(send => send.method === method && send.path === path).length,
  })

  return {
    sends,
    record: request => {
      const { method, path, query, headers, body } = request
      const authorization = headers.authorization ?? null
      const bodySha256 = sha256(body)
      const send = { method, path, query: String(query), authorization, headers, body, bodySha256, status: null }
      sends.push(send)
      return send
    },
    answer: (request, send) => {
      const subject = subjectOf(request)
      return subject === null ? createRefusal(settings, request) : json(200, echo(request, send, subject))
    },
    refuse: request => createRefusal(settings, request),
  }
}
