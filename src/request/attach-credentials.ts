import { SessionEndedError } from '../errors.ts'
import { hasHeader, isHeaders } from '../http/sent-headers.ts'
import { readRequestOption } from '../platform/fetch.ts'
import { readHeaders } from '../refresh/post.ts'
import type { Learn, Outgoing } from '../schemes/scheme.ts'
import { forAudience } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import type { NoCredentialsReason } from '../session/events.ts'
import { type PipelinePorts, targetOf } from './pipeline-ports.ts'
import { type FetchAdapter, type RequestContext, urlOf } from './request-context.ts'
import type { Waits } from './wait.ts'

type CredentialsPorts = Pick<PipelinePorts, 'scheme' | 'session' | 'strategy' | 'sendHeaders' | 'isInsideCallback'>

/** Which credentials a send gets. */
export interface SendCredentials {
  /** Why a request is sent without credentials; `null`: it gets them. */
  whyNone(context: RequestContext): NoCredentialsReason | null
  /** The session's credentials for the origin of a request. */
  ownOf(context: RequestContext): Credentials | null
  /** Attaches the session's current credentials. Returns a promise if that takes a proof. @throws SessionEndedError */
  attach(context: RequestContext, outgoing: Outgoing): Promise<Learn | undefined> | undefined
  /** Adds the headers of the option `sendHeaders`. */
  addSendHeaders(context: RequestContext, outgoing: Outgoing): void
}

export function createSendCredentials(
  { scheme, session, strategy, sendHeaders, isInsideCallback }: CredentialsPorts,
  { assertSameSession }: Pick<Waits, 'assertSameSession'>,
): SendCredentials {
  const ownOf = (context: RequestContext): Credentials | null => {
    const { credentials } = session.state
    return credentials && strategy.audienceOf
      ? forAudience(credentials, strategy.audienceOf(urlOf(context).origin))
      : credentials
  }

  function addSendHeaders(context: RequestContext, outgoing: Outgoing): void {
    if (!sendHeaders) return
    // A copy: what this send is given must not be in the headers from which the replay is made.
    const headers = new Headers(outgoing.headers)
    for (const [name, value] of readHeaders(sendHeaders({ id: context.id, ...targetOf(context) }), 'sendHeaders'))
      headers.set(name, value)
    outgoing.headers = headers
  }

  /** A request that was sent while no user was signed in is not retried by ky as a user who has signed in since. The replay after a 401 is. */
  function keepToCall({ sessionId, isReplay }: RequestContext, call: NonNullable<FetchAdapter['call']>): void {
    if (call.wasOfNoSession && sessionId !== null && !isReplay) throw new SessionEndedError('replaced')
    call.sessionId = sessionId
    call.wasOfNoSession = sessionId === null && session.state.status !== 'unknown'
  }

  return {
    ownOf,
    addSendHeaders,
    whyNone({ isTrusted, auth, init, request }) {
      if (!isTrusted) return 'untrusted-origin'
      if (auth === false || isInsideCallback()) return 'auth-false'
      // The browser would silently remove the header (Fetch, guard "request-no-cors").
      if (readRequestOption(init, request, 'mode') === 'no-cors') return 'no-cors'
      return init.headers && hasHeader(init.headers, scheme.header) ? 'own-authorization' : null
    },
    attach(context, outgoing) {
      context.sentWith = session.state
      const { call } = context.adapter
      if (call) keepToCall(context, call)
      addSendHeaders(context, outgoing)
      if (!context.isAnonymous) {
        assertSameSession(context)
        const own = ownOf(context) as Credentials
        const { accessToken } = own
        // Stored by a release with another scheme. A bound token must not be sent as Bearer (RFC 9449 §7.2).
        if (accessToken && !scheme.accepts(own)) return session.end('key-lost').then(() => undefined)
        if (accessToken) return scheme.attach(outgoing, own, context)
      }
      // In a replay this would still be the rejected token: the session has none now, or a dialog is open.
      if (isHeaders(outgoing.headers)) outgoing.headers.delete(scheme.header)
      return undefined
    },
  }
}
