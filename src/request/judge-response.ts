import type { StepUpRequirement } from '../errors.ts'
import { type Challenge, errorOf, parseChallenges } from '../http/www-authenticate.ts'

/** What to do with an answer. */
export type Verdict =
  | { readonly kind: 'accept' | 'refresh' }
  | { readonly kind: 'step-up'; readonly requirement: StepUpRequirement }

/** What the verdict rests on; all of it is the server's word. */
export type Evidence = Pick<Response, 'status' | 'redirected' | 'url' | 'headers' | 'type'>

export const accept: Verdict = { kind: 'accept' }
export const refresh: Verdict = { kind: 'refresh' }
/** Accepted since its challenge speaks to others; the app may know better. */
const foreign: Verdict = { kind: 'accept' }

/** The challenge that speaks to us: of the scheme we use first, and of those the first that says why (RFC 9110 §11.6.1). */
function ours(challenges: readonly Challenge[], schemes: readonly string[]): Challenge | undefined {
  const matching = schemes.flatMap(scheme => challenges.filter(challenge => challenge.scheme === scheme))
  const first = matching[0]
  return matching.find(challenge => challenge.scheme === first?.scheme && errorOf(challenge)) ?? first
}

function requirementOf({ params }: Challenge): StepUpRequirement {
  const seconds = params['max_age'] ?? ''
  return {
    acrValues: (params['acr_values'] ?? '').split(' ').filter(Boolean),
    maxAgeSeconds: /^\d{1,10}$/.test(seconds) ? Number(seconds) : null,
    scope: params['scope'] ?? null,
  }
}

/** Whether a redirect led to another origin: the browser took our credentials off there, so what it says is not about them. */
const isFromElsewhere = ({ redirected, url }: Evidence, origin: string): boolean =>
  redirected && new URL(url).origin !== origin

/**
 * Whether `shouldRefresh` is asked: not about a 401 that speaks to us, and an opaque answer (status 0) tells nothing, unless
 * it is a redirect that is not followed (Fetch, filtered responses).
 */
export const mayAskShouldRefresh = (response: Evidence, origin: string, verdict: Verdict): boolean => {
  const { status, type } = response
  if (status === 401) return verdict === foreign
  return (status !== 0 || type === 'opaqueredirect') && !isFromElsewhere(response, origin)
}

/**
 * Pure: statuses by RFC 9110 §15.5, challenges by RFC 6750 §3.1 and RFC 9470 §3. `origin` is what the request was sent to,
 * `schemes` are those of challenges that speak to us.
 */
export function judgeResponse(response: Evidence, origin: string, schemes: readonly string[]): Verdict {
  const { status, headers } = response
  if (status !== 401 || isFromElsewhere(response, origin)) return accept
  const header = headers.get('WWW-Authenticate')
  // Cross-origin it may be hidden: then the reason is unknown, and invalid_token the likeliest (RFC 6750 §3.1).
  if (header === null) return refresh
  const { challenges, malformed } = parseChallenges(header)
  const challenge = ours(challenges, schemes)
  if (!challenge) return challenges.length > 0 && !malformed ? foreign : refresh
  switch (errorOf(challenge)) {
    case 'insufficient_scope':
    // What another proof could mend, the scheme has tried (RFC 9449 §9).
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
