import { forAudience, isSameToken } from '../session/audience.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { type RequestContext, type SentRequest, urlOf } from './request-context.ts'

type TokenPorts = Pick<PipelinePorts, 'session' | 'strategy'>

/** The audience whose token a request gets; `undefined`: the session's own. */
export const audienceFor = (context: RequestContext, strategy: TokenPorts['strategy']): string | undefined =>
  strategy.audienceOf?.(urlOf(context).origin)

/** What the response says something about: the session's credentials, or the token of an audience. */
export function credentialsSentWith(context: SentRequest, strategy: TokenPorts['strategy']) {
  const { credentials } = context.sentWith
  if (context.isAnonymous || !credentials) return null
  const audience = audienceFor(context, strategy)
  return audience === undefined ? credentials : credentials.audienceTokens?.[audience]
}

/** Whether the session that it was sent in is the current one. */
export const isOfCurrentSession = ({ sentWith }: SentRequest, { session }: TokenPorts): boolean =>
  session.state.credentials !== null && sentWith.sessionId === session.state.sessionId

/** Whether its token has been replaced since it was sent. */
export const isReplaced = (context: SentRequest, { session, strategy }: TokenPorts): boolean =>
  !isSameToken(session.state, context.sentWith, {
    audienceOf: strategy.audienceOf,
    audience: audienceFor(context, strategy),
  })

/** Whether it was sent with a token, and the session has none for it now: a sign-in brought none for this audience. */
export function hasLostToken(context: SentRequest, { session, strategy }: TokenPorts): boolean {
  const audience = audienceFor(context, strategy)
  const [former, newer] = [context.sentWith.credentials, session.state.credentials]
  const hasToken = (credentials: typeof newer) => credentials && forAudience(credentials, audience).accessToken
  return !!hasToken(former) && !hasToken(newer)
}
