import { type CauseRule, possibly, probably, surely } from '../cause.ts'
import { environmentOf } from '../environment.ts'
import type { Facts, TokenFacts } from '../facts.ts'
import {
  errorIn,
  hasSentToken,
  hostOf,
  is401,
  isTokenInvalid,
  quote,
  tokenChallenge,
  wordsForOtherScheme,
  wordsOf,
} from '../questions.ts'
import { namesTokenFault, unlessNamed, wordsAbout } from '../topics.ts'

/** What the token is, and for whom. */

const sentToken = (facts: Facts): TokenFacts | null => (is401(facts) && hasSentToken(facts) ? facts.token : null)

const justIssued = 'A token that was just issued was refused too'

export const idToken: CauseRule = {
  code: 'id-token',
  title: 'An ID token was sent where an access token belongs.',
  page: 'Give `signIn` the access token: `accessToken` or `access_token`. The ID token belongs in `idToken`; it tells the page who the user is and is never sent to an API.',
  server: null,
  see: 'OpenID Connect Core §2, RFC 9068 §2.1',
  find(facts) {
    const kind = sentToken(facts)?.idToken
    if (!kind) return null
    const evidence =
      kind === 'same'
        ? 'It is the ID token of the session'
        : 'It has claims that only ID tokens have (`nonce`, `at_hash`)'
    return unlessNamed(facts, 'audience', probably(evidence))
  },
}

function issuerMismatch(facts: Facts, issuer: string): readonly string[] {
  const { url, history } = facts
  const wanted = tokenChallenge(facts)?.issuer ?? null
  const own = { issuer: environmentOf(issuer), api: environmentOf(url) }
  const evidence: string[] = []
  if (wanted && hostOf(wanted) !== hostOf(issuer))
    evidence.push(`The API trusts ${wanted}, the token is from ${issuer}`)
  if (history.acceptedIssuer && history.acceptedIssuer !== issuer)
    evidence.push(`This API accepted a token of ${history.acceptedIssuer}, this one is from ${issuer}`)
  if (own.issuer !== null && own.api !== null && own.issuer !== own.api)
    evidence.push(`The token is from ${issuer} (${own.issuer}), the API is ${hostOf(url)} (${own.api})`)
  return evidence
}

export const wrongIssuer: CauseRule = {
  code: 'wrong-issuer',
  title: 'The token is from another issuer than the API trusts: probably of another environment.',
  page: 'Check that the login, `tokenEndpoint` and `baseUrl` belong to one environment, and sign in anew: a token of the former one may still be stored.',
  server: 'Check which issuer the API trusts: it must equal the `iss` of the token, also in its last slash.',
  see: 'RFC 9068 §4',
  find(facts) {
    const token = sentToken(facts)
    const { isReplayed } = facts.refresh
    const isRejectedTwice = isReplayed && isTokenInvalid(facts) && !facts.history.acceptedAt
    const twice = isRejectedTwice ? unlessNamed(facts, 'issuer', possibly(justIssued)) : null
    const issuer = token?.issuer
    if (!issuer) return token && twice
    const words = wordsAbout(facts, 'issuer')
    const evidence = issuerMismatch(facts, issuer)
    if (words)
      return evidence.length > 0
        ? surely(...evidence, ...quote(words))
        : probably(...quote(words), `Its \`iss\` is ${issuer}`)
    return evidence.length > 0 ? unlessNamed(facts, 'issuer', probably(...evidence)) : twice
  },
}

/** What parsers of JWTs say of a token that is none. */
const saysNoJwt =
  /\bsegments?\b|jwt malformed|malformed (jwt|token)|compact jws|three (dot|parts|sections)|not a (valid )?jwt/i

export const wrongAudience: CauseRule = {
  code: 'wrong-audience',
  title: 'The token is for another audience than this API.',
  page: 'Ask for a token of this API: `resource` or `parameters: { audience: … }` of `oauthRefresh`, and the same in the login.',
  server: 'Check which audience the API expects: it must be in the `aud` of the token.',
  see: 'RFC 9068 §4',
  find(facts) {
    const token = sentToken(facts)
    if (token?.format === 'opaque') {
      // As Auth0 and others issue where no audience was asked for.
      const said = wordsOf(facts, saysNoJwt)
      if (said) return probably('The API expects a JWT, and the token is opaque', ...quote(said))
      const about = wordsAbout(facts, 'audience')
      return about ? probably(...quote(about)) : null
    }
    if (token?.format !== 'jwt') return null
    const { audience } = token
    const words = wordsAbout(facts, 'audience')
    const hosts = audience.filter(name => /^https?:/.test(name)).map(hostOf)
    const isElsewhere = hosts.length > 0 && hosts.length === audience.length && !hosts.includes(hostOf(facts.url))
    const says = audience.length > 0 ? `Its \`aud\` is ${audience.join(', ')}` : 'It has no `aud`'
    if (words) return isElsewhere ? surely(says, ...quote(words)) : probably(says, ...quote(words))
    // Keycloak’s default, where no audience mapper is set.
    const isDefault = audience.length === 1 && audience[0] === 'account'
    if (!isElsewhere && !isDefault) return null
    const isNamed = errorIn(facts) === 'invalid_token'
    return unlessNamed(facts, 'audience', isNamed ? probably(says) : possibly(says))
  },
}

export const badSignature: CauseRule = {
  code: 'bad-signature',
  title: 'The API cannot verify the signature of the token.',
  page: null,
  server:
    'Check that the API loads the keys of the token’s issuer (`jwks_uri`), knows its `kid`, and allows its `alg`. After a key rotation it must load them again.',
  see: 'RFC 7515 §5.2',
  find(facts) {
    const token = sentToken(facts)
    if (token?.format !== 'jwt') return null
    const { algorithm, keyId } = token
    const words = wordsAbout(facts, 'signature')
    const says = `Its \`alg\` is ${algorithm ?? 'missing'}, its \`kid\` is ${keyId ?? 'missing'}`
    if (algorithm === 'none' && words) return surely('It is not signed: its `alg` is none', ...quote(words))
    if (words) return probably(says, ...quote(words))
    const isUnsigned = algorithm === 'none' && errorIn(facts) === 'invalid_token'
    if (isUnsigned) return unlessNamed(facts, 'signature', probably('It is not signed: its `alg` is none'))
    return facts.refresh.isReplayed && !facts.history.acceptedAt ? possibly(justIssued, says) : null
  },
}

export const revoked: CauseRule = {
  code: 'revoked',
  title: 'The session was ended on the server before its time, or the token was revoked.',
  page: 'The user has to sign in again. Where the refresh was refused too, `onLoginRequired` was called.',
  server:
    'If the user did not sign out: check how long refresh tokens live, and whether reuse detection ended the session (a grace window helps).',
  see: 'RFC 7009 §2, RFC 9700 §4.14.2',
  find(facts) {
    const { refresh, sent, token, atMs } = facts
    if (!is401(facts) || !(hasSentToken(facts) || sent.credentials === 'cookie')) return null
    const words = wordsAbout(facts, 'revoked')
    const isOver = token?.expiresAtMs != null && token.expiresAtMs <= atMs
    if (refresh.outcome !== 'rejected' || isOver) return words ? probably(...quote(words)) : null
    if (refresh.reason === 'expired')
      return words ? probably(...quote(words)) : possibly('There is nothing to refresh it with')
    if (refresh.reason !== 'refresh-rejected') return null
    return words ? surely(...quote(words)) : unlessNamed(facts, 'revoked', probably('The refresh was refused too'))
  },
}

export const forbidden: CauseRule = {
  code: 'forbidden',
  title: 'The server knows the user, who may not do this. That is a 403, not a 401.',
  page: 'Show that this is not allowed. A new token or a new login will not help.',
  server: 'Return 403: a 401 makes clients refresh, and then ask for a login.',
  see: 'RFC 9110 §15.5.4',
  find(facts) {
    const { response, history, refresh } = facts
    const words = wordsAbout(facts, 'permission')
    // A missing scope and a step-up are causes of their own.
    if (response?.status === 403 && errorIn(facts)?.startsWith('insufficient_')) return null
    // Firewalls and CSRF checks return it, too.
    const forgery = response?.status === 403 ? wordsOf(facts, /csrf|xsrf|forgery/i) : null
    if (forgery) return possibly(...quote(forgery))
    if (response?.status === 403) return wordsForOtherScheme(facts) ? possibly() : probably(...quote(words))
    if (!is401(facts) || facts.sent.credentials !== 'attached' || refresh.reason === 'refresh-rejected') return null
    const evidence = [
      ...(history.acceptedAt ? [`The token that was refused was accepted for ${history.acceptedAt}`] : []),
      ...quote(words),
    ]
    if (words) return namesTokenFault(facts) ? possibly(...evidence) : probably(...evidence)
    return history.acceptedAt ? unlessNamed(facts, 'permission', probably(...evidence)) : null
  },
}
