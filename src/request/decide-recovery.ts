/** What is known of a request that was rejected with a 401. */
export interface RejectedRequest {
  /** It was sent without credentials: no user was signed in, or a login dialog was open. */
  readonly isAnonymous: boolean
  /** The session that it was sent in is the current one. */
  readonly isCurrent: boolean
  /** Its token has been replaced since it was sent. */
  readonly isReplaced: boolean
  /** The current token will not do, either: it has expired, or a refresh or a login dialog is open that requests wait for. */
  readonly mustWait: boolean
  readonly isRefreshing: boolean
  readonly canRefresh: boolean
  /** Refreshes for this route have helped lately, or none was made. */
  readonly isCircuitClosed: boolean
  /** A refresh cannot begin for longer than a request waits. */
  readonly isBlocked: boolean
}

/**
 * - `'await-login'`: it belongs to no session yet; the user may be asked.
 * - `'return'`: a late 401 of an older session. The caller gets it as it is.
 * - `'replay'`: a late 401 of a token that has been replaced. It is sent again, without a refresh.
 * - `'return-unrefreshed'`: refreshes have not helped; the caller gets the 401, and the console says why.
 * - `'fail'`: no refresh can begin soon.
 * - `'refresh'`: it joins the running refresh or starts one.
 */
export type Recovery = 'await-login' | 'return' | 'replay' | 'return-unrefreshed' | 'fail' | 'refresh'

/** Decides what a 401 causes. Pure. */
export function decideRecovery(request: RejectedRequest): Recovery {
  if (request.isAnonymous) return 'await-login'
  if (!request.isCurrent) return 'return'
  if (request.isReplaced && !request.mustWait) return 'replay'
  if (request.isRefreshing || !request.canRefresh) return 'refresh'
  if (!request.isCircuitClosed) return 'return-unrefreshed'
  return request.isBlocked ? 'fail' : 'refresh'
}
