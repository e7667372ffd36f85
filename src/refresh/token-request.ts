import { has } from '../checks/option-rules.ts'
import { createAbort } from '../platform/abort.ts'
import { isOffline } from '../platform/page.ts'
import { checkToken } from '../schemes/check-token.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import { mergeAudienceTokens, withoutIdentity } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import { continueFrom, describeKeys, readCredentials } from '../session/parse-tokens.ts'
import type { Clock, Moment } from '../time/clock.ts'
import { setDeadline } from '../time/wait.ts'
import { type Failure, isMistake, judgeFailure } from './judge-failure.ts'
import { createPost, type PostPorts, type Transport } from './post.ts'
import type { RefreshContext, RefreshStrategy } from './strategy.ts'
import { unavailable } from './unavailable.ts'

/** `fresh` is what the response brought; `credentials`, what the session continues with. */
export type Granted = { readonly kind: 'granted'; readonly fresh: Credentials; readonly credentials: Credentials }
export type TokenResult = Granted | Failure

export interface TokenRequestPorts {
  readonly strategy: RefreshStrategy
  readonly transport: Transport
  /** The key that the new tokens will be bound to, if any. */
  readonly keyThumbprint?: string | undefined
  readonly baseUrl: () => string | undefined
  readonly sendHeaders?: PostPorts['sendHeaders']
  readonly trusted?: PostPorts['trusted']
  readonly isPrefix?: boolean
  readonly clock: Clock
  readonly refreshTimeoutMs: number
  readonly scheme: Pick<WireScheme, 'accepts' | 'prepare'>
}

/** One call of the strategy: why, with which credentials, for which audience, and when it is sent. */
export interface TokenRequest extends Pick<RefreshContext, 'cause' | 'audience'> {
  readonly former: Credentials | null
  readonly sent: Moment
}

/** Throws what it finds wrong with the credentials, like the call itself. */
function readTokenResult(
  answer: unknown,
  { audience, former, sent }: TokenRequest,
  ports: TokenRequestPorts,
): TokenResult {
  if (answer === null) return { kind: 'rejected', misconfigured: false }
  const unreadable = (detail: string): TokenResult => ({
    ...unavailable(has(answer, 'json') ? 'invalid-refresh' : 'unreadable-response', null, detail),
    isUnrotated: false,
  })
  const read = readCredentials(answer, sent, ports.clock)
  if (!read) return unreadable(`expected accessToken, access_token or null, got ${describeKeys(answer)}`)
  if (!ports.scheme.accepts(read)) return unreadable('unknown token_type')
  if (read.accessToken) checkToken(read.accessToken)
  const { keyThumbprint } = ports
  const own = audience === undefined ? read : withoutIdentity(read)
  const fresh: Credentials = keyThumbprint ? { ...own, keyThumbprint } : own
  return { kind: 'granted', fresh, credentials: mergeAudienceTokens(continueFrom(fresh, former), former, audience) }
}

let reported: WeakSet<object> | undefined

/** Reports the app's own error, with its stack, once for each client. */
function reportOnce(strategy: RefreshStrategy, error: unknown): void {
  reported ??= new WeakSet()
  if (!reported.has(strategy)) report(error)
  reported.add(strategy)
}

/**
 * One call of the strategy, under the token request's deadline over headers and body. Calls it in this very task: nothing may be
 * awaited between the lease and the send. Never rejects.
 */
export function sendTokenRequest(request: TokenRequest, ports: TokenRequestPorts): Promise<TokenResult> {
  const { cause, audience, former } = request
  const { strategy, clock, baseUrl, refreshTimeoutMs } = ports
  const controller = createAbort()
  const { signal } = controller
  return new Promise<TokenResult>(resolve => {
    const fail = (error: unknown) => {
      if (isMistake(error)) reportOnce(strategy, error)
      const failure = judgeFailure(error, clock.wallMs(), former)
      resolve(failure.reason === 'network' && isOffline() ? { ...failure, reason: 'offline' } : failure)
    }
    const cancel = setDeadline(clock, refreshTimeoutMs, () => {
      const error = new DOMException(`no answer within ${refreshTimeoutMs} ms`, 'TimeoutError')
      // Settle before aborting: otherwise the error of the abort might win.
      fail(error)
      controller.abort(error)
    })
    const callRefresh = async () =>
      strategy.refresh({
        refreshToken: former?.refreshToken ?? undefined,
        // A rotated cookie is lost with the page unless the request outlives it; tokens in the response are lost anyway.
        post: createPost({ ...ports, baseUrl: baseUrl(), signal, keepalive: strategy.ambient === true }),
        signal,
        cause,
        audience,
      })
    callRefresh()
      .then(answer => resolve(readTokenResult(answer, request, ports)))
      .catch(fail)
      // Reading the thrown value threw in turn (a getter, say).
      .catch(() => fail(null))
      .finally(cancel)
  })
}
