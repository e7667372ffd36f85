import type { CauseRule } from './cause.ts'
import {
  challengeHidden,
  cookieBlocked,
  dpopKey,
  dpopNonce,
  dpopProof,
  noChallenge,
  scope,
  stepUp,
} from './causes/challenge.ts'
import {
  corsMissing,
  headerLost,
  htmlPage,
  loginPage,
  preflight,
  redirected,
  streamOverHttp1,
  unknown,
  unreachable,
} from './causes/delivery.ts'
import { heldBack, misconfigured, notReplayed, refreshedExpired, refreshFailed, sameToken } from './causes/refresh.ts'
import {
  authFalse,
  loginRefused,
  loginWithoutAuthFalse,
  malformedHeader,
  noCors,
  notSignedIn,
  otherScheme,
  ownAuthorization,
  sessionChanged,
  untrustedOrigin,
} from './causes/sent.ts'
import { clockSkew, expired, notYetValid } from './causes/times.ts'
import { badSignature, forbidden, idToken, revoked, wrongAudience, wrongIssuer } from './causes/token.ts'

/** Every cause but `unknown`. Of two that are equally certain, the first one counts: the more specific ones come first. */
export const causeRules: readonly CauseRule[] = [
  malformedHeader,
  noCors,
  otherScheme,
  sessionChanged,
  loginRefused,
  loginWithoutAuthFalse,
  authFalse,
  ownAuthorization,
  untrustedOrigin,
  notSignedIn,
  redirected,
  loginPage,
  stepUp,
  scope,
  dpopNonce,
  dpopProof,
  dpopKey,
  heldBack,
  notReplayed,
  refreshFailed,
  misconfigured,
  sameToken,
  refreshedExpired,
  notYetValid,
  clockSkew,
  expired,
  idToken,
  wrongIssuer,
  wrongAudience,
  badSignature,
  cookieBlocked,
  revoked,
  headerLost,
  forbidden,
  htmlPage,
  unreachable,
  streamOverHttp1,
  preflight,
  corsMissing,
  challengeHidden,
  noChallenge,
]

export { unknown }
