import { type EndReason, isLatchkeyError } from '../errors.ts'
import { withoutQuery } from '../http/without-query.ts'
import { isOffline, pageBaseUrl } from '../platform/page.ts'
import { urlOf } from '../request/request-context.ts'
import type { Send } from '../request/sends.ts'
import type { SessionEvents } from '../session/events.ts'
import { createHistory } from './accepted-tokens.ts'
import type { Facts, ResponseFacts } from './facts.ts'
import { type LastStep, outcomeOf } from './outcome.ts'
import { hasText, readResponse, readText } from './read-response.ts'
import { type KnownSecrets, type ReadSend, readSend, type SentStep } from './read-send.ts'

type RequestEvent = SessionEvents['request']

/** One request that is over. */
export interface FinishedRequest {
  /** Without the text of the response. */
  readonly facts: Facts
  readonly response: Response | null
  readonly secrets: KnownSecrets
  /** Resolves with the first words of the response. Never rejects. */
  readonly text: Promise<string | null>
  /** A 401, and after the refresh another response came. */
  readonly isRecovered: boolean
}

interface ReceivedResponse {
  readonly read: ReadSend
  readonly response: Response
  readonly facts: ResponseFacts
  readonly text: Promise<string | null>
  readonly atMs: number
}

/** One request on its way. Has the token that was sent, so it is never shown. */
interface ObservedRequest {
  step: SentStep | null
  url: string
  read: ReadSend | null
  secrets: KnownSecrets
  generation: number
  /** Of the first send: a replay has another token. */
  firstGeneration: number
  epoch: number
  isWithoutRefreshToken: boolean
  isReplayed: boolean
  isSameToken: boolean
  received: ReceivedResponse | null
  /** What was rejected, where the request was sent again after it. */
  rejected: ReceivedResponse | null
}

interface LastResponse extends Pick<ReceivedResponse, 'read' | 'atMs'> {
  readonly response: ResponseFacts | null
  readonly isRecovered: boolean
}

const createObserved = (): ObservedRequest => ({
  step: null,
  url: '',
  read: null,
  secrets: { latest: [] },
  generation: 0,
  firstGeneration: 0,
  epoch: 0,
  isWithoutRefreshToken: false,
  isReplayed: false,
  isSameToken: false,
  received: null,
  rejected: null,
})

/** The most bodies that are read at the same time: in a storm the first ones say enough. */
const mostTexts = 8
const mostSecrets = 12
const noText = Promise.resolve(null)

/** Follows the requests of one client by its events and its sends. `onFinished` is called at the end of each. */
export function createWatch(endReason: () => EndReason | null, onFinished: (request: FinishedRequest) => void) {
  const seen = new Map<number, ObservedRequest>()
  const history = createHistory()
  let texts = 0
  /** The tokens that a server may repeat in a response. */
  let known: KnownSecrets = { latest: [] }

  function textOf(response: Response, secrets: readonly string[]): Promise<string | null> {
    if (texts >= mostTexts || !hasText(response)) return noText
    texts += 1
    return readText(response.clone(), secrets).finally(() => {
      texts -= 1
    })
  }

  /** Called before the client itself sees the response, and cancels its body. */
  function takeResponse(request: ObservedRequest, read: ReadSend, response: Response): void {
    // The session may have ended meanwhile.
    const secrets = [...read.secrets, ...(known.latest ?? [])]
    const facts = readResponse(response, request.url, secrets)
    request.received = { read, response, facts, text: textOf(response, secrets), atMs: Date.now() }
  }

  function onSend(send: Send): void {
    const { context, response } = send
    const request = seen.get(context.id)
    if (!request?.step) return
    const read = readSend(send, request.step)
    request.secrets = known
    known.latest = [...new Set([...read.secrets, ...(known.latest ?? [])])].slice(0, mostSecrets)
    const { epoch = 0, generation = 0, credentials } = context.sentWith ?? {}
    request.isSameToken = request.isReplayed && read.value !== null && read.value === request.read?.value
    if (!request.read) request.firstGeneration = generation
    Object.assign(request, { read, epoch, generation, url: withoutQuery(urlOf(context)), received: null })
    request.isWithoutRefreshToken = !credentials?.refreshToken
    // What an app's own `fetch` returns may not be a response that can be read: that is no reason to explain nothing else.
    response.then(received => takeResponse(request, read, received)).catch(() => {})
  }

  function factsOf(
    request: ObservedRequest,
    event: LastStep,
    { read, response, atMs, isRecovered }: LastResponse,
  ): Facts {
    const { url, epoch, firstGeneration, isSameToken, isWithoutRefreshToken } = request
    const { method } = event
    const isReplayed = request.isReplayed && !isRecovered
    const outcome = outcomeOf(event, request.isReplayed)
    const page = pageBaseUrl()
    // The user left, or another one came: the server has no part in it.
    const isOver = outcome.reason === 'signed-out' || outcome.reason === 'replaced'
    return {
      method,
      url,
      pageOrigin: page === undefined ? null : new URL(page).origin,
      isOffline: isOffline(),
      atMs,
      sent: read.facts,
      token: read.token,
      response,
      refresh: { ...outcome, ...(isOver && { outcome: 'none' }), isReplayed, isSameToken, isWithoutRefreshToken },
      history: {
        ...history.about({ url, epoch, generation: firstGeneration, route: `${method} ${url}` }),
        isOtherSession: isOver || request.step?.epoch !== event.epoch,
        endReason: endReason(),
      },
      probe: null,
    }
  }

  /** A response with credentials that the page could read. */
  function note(
    { url, epoch, generation }: ObservedRequest,
    { read, response }: ReceivedResponse,
    method: string,
  ): void {
    if (read.facts.credentials !== 'attached') return
    history.wasRead(url)
    const issuer = read.token?.issuer ?? null
    if (response.ok) history.wasAccepted(url, { epoch, generation, route: `${method} ${url}`, issuer })
  }

  function end(request: ObservedRequest, event: LastStep): void {
    const { read, received, rejected, secrets } = request
    // It was never sent.
    if (!read) return
    const isUnread = event.step === 'failed' && !isLatchkeyError(event.error)
    // Aborted by the app, or by a timeout.
    if (isUnread && !(event.error instanceof TypeError)) return
    const isRecovered = rejected !== null && event.step === 'completed' && event.status !== 401
    const last = isUnread ? null : isRecovered ? rejected : received
    const { response = null, text = noText, atMs = Date.now() } = last ?? {}
    const facts = factsOf(request, event, {
      read: last?.read ?? read,
      response: last?.facts ?? null,
      atMs,
      isRecovered,
    })
    if (received) note(request, received, event.method)
    onFinished({ facts, response, text, isRecovered, secrets })
  }

  function onEvent(event: RequestEvent): void {
    const request = seen.get(event.id) ?? createObserved()
    seen.set(event.id, request)
    if (event.step === 'sent') request.step = event
    else if (event.step === 'replayed') Object.assign(request, { isReplayed: true, rejected: request.received })
    else if (event.step === 'completed' || event.step === 'failed') {
      seen.delete(event.id)
      end(request, event)
    }
  }

  /** The session is over. */
  function forget(): void {
    known.latest = null
    known = { latest: [] }
  }

  return { onSend, onEvent, forget }
}
