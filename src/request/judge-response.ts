import type { StepUpRequirement } from '../errors.ts'
import { type Challenge, errorOf, parseChallenges } from '../http/www-authenticate.ts'

/** What to do with a response. */
export type Verdict =
  | { readonly kind: 'accept' | 'refresh' }
  | { readonly kind: 'step-up'; readonly requirement: StepUpRequirement }

/** What the verdict is based on. All of it comes from the server. */
export type Evidence = Pick<Response, 'status' | 'redirected' | 'url' | 'headers' | 'type'>

export const accept: Verdict = { kind: 'accept' }
export const refresh: Verdict = { kind: 'refresh' }
/** Accepted, since its challenge is of another scheme. `shouldRefresh` may decide otherwise. */
const foreign: Verdict = { kind: 'accept' }

/** The challenge for this client: of its own scheme first, and of those the first with an `error` (RFC 9110 §11.6.1). */
function ours(challenges: readonly Challenge[], schemes: readonly string[]): Challenge | undefined {
  const own = schemes.find(scheme => challenges.some(challenge => challenge.scheme === scheme))
  const matching = challenges.filter(challenge => challenge.scheme === own)
  return matching.find(errorOf) ?? matching[0]
}

function requirementOf({ params }: Challenge): StepUpRequirement {
  const seconds = String(params['max_age'])
  return {
    acrValues: (params['acr_values'] ?? '').split(' ').filter(Boolean),
    maxAgeSeconds: /^\d{1,10}$/.test(seconds) ? Number(seconds) : null,
    scope: params['scope'] ?? null,
  }
}

/**
 * Whether a redirect led to another origin. The browser removed the credentials there, so the response says nothing about them.
 */
const isFromElsewhere = ({ redirected, url }: Evidence, origin: string): boolean =>
  redirected && new URL(url).origin !== origin

/**
 * Whether `shouldRefresh` is called: not for a 401 with a challenge for this client, nor for an opaque response (status 0),
 * unless it is a redirect that is not followed (Fetch, filtered responses).
 */
export const mayAskShouldRefresh = (response: Evidence, origin: string, verdict: Verdict): boolean => {
  const { status, type } = response
  if (status === 401) return verdict === foreign
  return (status !== 0 || type === 'opaqueredirect') && !isFromElsewhere(response, origin)
}

/**
 * Pure: statuses by RFC 9110 §15.5, challenges by RFC 6750 §3.1 and RFC 9470 §3. `origin` is what the request was sent to,
 * `schemes` are those of challenges for this client.
 */
export function judgeResponse(response: Evidence, origin: string, schemes: readonly string[]): Verdict {
  const { status, headers } = response
  if (status !== 401 || isFromElsewhere(response, origin)) return accept
  const { challenges, malformed } = parseChallenges(headers.get('WWW-Authenticate'))
  const challenge = ours(challenges, schemes)
  // CORS may hide the header. The reason is then unknown, and invalid_token the most likely one (RFC 6750 §3.1).
  if (!challenge) return challenges.length > 0 && !malformed ? foreign : refresh
  switch (errorOf(challenge)) {
    case 'insufficient_scope':
    // The scheme has tried another proof already, if that could help (RFC 9449 §9).
    case 'use_dpop_nonce':
    case 'invalid_dpop_proof':
      return accept
    case 'insufficient_user_authentication':
    case 'insufficient_claims':
      return { kind: 'step-up', requirement: requirementOf(challenge) }
    default:
      return refresh
  }
}
