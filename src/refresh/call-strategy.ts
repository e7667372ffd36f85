import { type Clock, elapsedMs, now } from '../platform/clock.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import { besideOthers } from '../session/audience.ts'
import type { Credentials, SentAt } from '../session/credentials.ts'
import { describeKeys, readCredentials } from '../session/token-set.ts'
import { type Failure, judgeFailure } from './judge-failure.ts'
import { createPost, type Transport } from './post.ts'
import type { RefreshContext, RefreshStrategy } from './strategy.ts'

export type Answer = { readonly kind: 'granted'; readonly credentials: Credentials } | Failure

export interface CallPorts {
  readonly strategy: RefreshStrategy
  readonly transport: Transport
  /** Which key the answer's tokens will be bound to, if to one. */
  readonly key?: string
  readonly baseUrl: () => string | undefined
  readonly clock: Clock
  readonly exchangeTimeoutMs: number
  readonly scheme: Pick<WireScheme, 'accepts' | 'prepare'>
}

/** Why it is called, and for whom. */
type Asked = Pick<RefreshContext, 'cause' | 'audience'>

const lateMs = 1000
const graceMs = 2000

/** Calls back at the deadline; if the page slept through it, gives the answer that may be queued behind the timer its chance. */
function setDeadline(clock: Clock, timeoutMs: number, passed: () => void): () => void {
  const started = now(clock)
  let cancel = clock.setTimer(() => {
    if (elapsedMs(clock, started) <= timeoutMs + lateMs) passed()
    else cancel = clock.setTimer(passed, graceMs)
  }, timeoutMs)
  return () => cancel()
}

function judgeAnswer(
  answer: unknown,
  ports: CallPorts,
  { audience }: Asked,
  sent: SentAt,
  former: Credentials | null,
): Answer {
  if (answer === null) return { kind: 'refused', misconfigured: false, detail: 'the exchange answered null' }
  const credentials = readCredentials(answer, sent, ports.clock, former)
  const unreadable = (detail: string): Answer => ({
    kind: 'unavailable',
    reason: 'unreadable-answer',
    status: null,
    retryAfterMs: null,
    untouched: false,
    detail,
  })
  if (!credentials) return unreadable(`expected accessToken or access_token, got ${describeKeys(answer)}`)
  if (!ports.scheme.accepts(credentials.tokenType)) return unreadable('unknown token_type')
  const bound = ports.key ? { ...credentials, key: ports.key } : credentials
  return { kind: 'granted', credentials: besideOthers(bound, former, audience) }
}

/** Takes out what must not show in a message; the app's own errors may quote it. */
function redact(detail: string, credentials: Credentials | null): string {
  const secrets = [credentials?.accessToken, credentials?.refreshToken, credentials?.idToken]
  return secrets.reduce<string>((text, secret) => (secret ? text.replaceAll(secret, '…') : text), detail)
}

/**
 * One call of the strategy, under the exchange's deadline over headers and body. Calls it in this very task: nothing may be
 * awaited between the claim and the send. Never rejects.
 */
export function callStrategy(
  ports: CallPorts,
  asked: Asked,
  former: Credentials | null,
  sent: SentAt,
): Promise<Answer> {
  const { strategy, clock, transport, baseUrl, exchangeTimeoutMs } = ports
  const controller = new AbortController()
  const { signal } = controller
  return new Promise<Answer>(resolve => {
    const fail = (error: unknown) => {
      const failure = judgeFailure(error, clock.wallMs())
      resolve({ ...failure, detail: redact(failure.detail, former) })
    }
    const cancel = setDeadline(clock, exchangeTimeoutMs, () => {
      const error = new DOMException(`no answer within ${exchangeTimeoutMs} ms`, 'TimeoutError')
      // Settled before the abort, whose error might win otherwise.
      fail(error)
      controller.abort(error)
    })
    const exchange = async () =>
      strategy.exchange({
        refreshToken: former?.refreshToken ?? undefined,
        // A cookie that was rotated is lost with the page unless the request outlives it; tokens in the answer are lost anyway.
        post: createPost({ transport, baseUrl: baseUrl(), signal, keepalive: strategy.ambient === true }),
        signal,
        cause: asked.cause,
        audience: asked.audience,
      })
    exchange()
      .then(answer => resolve(judgeAnswer(answer, ports, asked, sent, former)))
      .catch(fail)
      // What was thrown throws in its turn, when looked at.
      .catch(() => fail(null))
      .finally(cancel)
  })
}
