import { type Answer, json, jsonOf, type ReceivedRequest } from './http-messages.ts'
import type { RefreshResult, TokenFamilies } from './token-families.ts'

/** One call of an endpoint that renews: token, refresh, or "who am I". */
export interface Refresh {
  readonly path: string
  readonly headers: ReceivedRequest['headers']
  readonly body: string
  /** `null`: a fault struck before the server looked at it. */
  outcome: RefreshResult['outcome'] | 'malformed' | null
}

/** By method and path: `'POST /token'`. */
export type Endpoints<Endpoint> = Readonly<Record<string, Endpoint>>
export type RefreshEndpoint = (request: ReceivedRequest, refresh: Refresh) => Answer
export type OtherEndpoint = (request: ReceivedRequest) => Answer

/** Who signs in, as the test's login body says. */
export const subjectIn = (request: ReceivedRequest): string => {
  const { subject = 'alice' } = jsonOf(request)
  return String(subject)
}

/** Refreshes the refresh token and notes how that ended. */
export const redeem = (
  families: TokenFamilies,
  refreshToken: string,
  refresh: Refresh,
  resource?: string,
): RefreshResult => {
  const result = families.refresh(refreshToken, resource)
  refresh.outcome = result.outcome
  return result
}

export const signInAgain = (headers: Answer['headers'] = {}): Answer => json(401, { message: 'Sign in again' }, headers)
