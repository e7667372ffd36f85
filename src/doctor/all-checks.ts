import type { Check } from './check.ts'
import { caching } from './checks/caching.ts'
import { challenge } from './checks/challenge.ts'
import { clock } from './checks/clock.ts'
import { cookieFlags } from './checks/cookie-flags.ts'
import { corsErrors } from './checks/cors-errors.ts'
import { corsOrigins } from './checks/cors-origins.ts'
import { csrfHeader } from './checks/csrf-header.ts'
import { dpopNonce, dpopTokenNonce } from './checks/dpop-nonce.ts'
import { exposedHeaders } from './checks/exposed-headers.ts'
import { graceWindow } from './checks/grace-window.ts'
import { invalidToken } from './checks/invalid-token.ts'
import { lostResponse } from './checks/lost-response.ts'
import { preflight } from './checks/preflight.ts'
import { refusal } from './checks/refusal.ts'
import { reuseDetection } from './checks/reuse-detection.ts'
import { revocation } from './checks/revocation.ts'
import { rotation } from './checks/rotation.ts'
import { simultaneous } from './checks/simultaneous.ts'
import { tokenResponse } from './checks/token-response.ts'

/** In the order in which they are made: what costs nothing first, what may end a session last. */
export const allChecks: readonly Check[] = [
  challenge,
  invalidToken,
  corsErrors,
  corsOrigins,
  exposedHeaders,
  preflight,
  clock,
  refusal,
  tokenResponse,
  rotation,
  cookieFlags,
  csrfHeader,
  dpopTokenNonce,
  // With the access token of a refresh, where one was made.
  dpopNonce,
  caching,
  lostResponse,
  simultaneous,
  graceWindow,
  // Signs out, so before what ends the session.
  revocation,
  reuseDetection,
]
