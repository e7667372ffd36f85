import { type CauseRule, possibly, probably, surely } from '../cause.ts'
import type { Facts } from '../facts.ts'
import {
  errorIn,
  hasSentToken,
  hostOf,
  is401,
  isCrossOrigin,
  isRefused,
  quote,
  tokenChallenge,
  wordsOf,
} from '../questions.ts'

/** What the server asks for, and how it says so. */

const named = (facts: Facts, ...errors: readonly string[]) => errors.includes(errorIn(facts) ?? '')
const description = (facts: Facts) => quote(tokenChallenge(facts)?.description ?? null)

export const stepUp: CauseRule = {
  code: 'step-up',
  title: 'The server wants a stronger or more recent sign-in for this.',
  page: 'Give `createClient` a `reauthenticate`: it is called with `kind: "step-up"` and what the server wants.',
  server: null,
  see: 'RFC 9470 §3',
  find: facts =>
    named(facts, 'insufficient_user_authentication', 'insufficient_claims') ? surely(...description(facts)) : null,
}

export const scope: CauseRule = {
  code: 'scope',
  title: 'The token lacks a scope that the server wants.',
  page: 'Ask for the scope in the login. A refresh cannot add one.',
  server: 'Send `insufficient_scope` with 403: a 401 says that the token itself is invalid.',
  see: 'RFC 6750 §3.1',
  find(facts) {
    const { token } = facts
    const wanted = tokenChallenge(facts)?.scope?.split(' ').filter(Boolean) ?? []
    const lacking = token?.scope ? wanted.filter(name => !token.scope?.includes(name)) : wanted
    const evidence = wanted.length > 0 ? [`Wanted: ${wanted.join(' ')}`] : []
    const held = token?.scope ? [`The token has: ${token.scope.join(' ') || 'none'}`] : []
    if (named(facts, 'insufficient_scope')) return surely(...evidence, ...held, ...description(facts))
    if (!hasSentToken(facts) || !isRefused(facts)) return null
    if (is401(facts) && token?.scope && lacking.length > 0) return possibly(...evidence, ...held)
    const words = wordsOf(facts, /(?<![a-z])scopes?(?![a-z])/i)
    return words ? probably(...quote(words)) : null
  },
}

export const dpopNonce: CauseRule = {
  code: 'dpop-nonce',
  title: 'The server wants a nonce in the DPoP proof, and the page did not get one that it accepts.',
  page: null,
  server:
    'Send `DPoP-Nonce` with the 401, and name it in `Access-Control-Expose-Headers`. Accept the former nonce for a minute.',
  see: 'RFC 9449 §9',
  find(facts) {
    if (named(facts, 'use_dpop_nonce')) return surely(...description(facts))
    const isDpop = facts.sent.credentials === 'attached' && facts.sent.header?.scheme === 'dpop'
    return isDpop && is401(facts) && facts.response?.areHeadersHidden
      ? possibly('Another origin’s `DPoP-Nonce` cannot be read')
      : null
  },
}

export const dpopProof: CauseRule = {
  code: 'dpop-proof',
  title: 'The server does not accept the DPoP proof.',
  page: 'Check the device’s clock, and that no service worker or proxy changes method or URL: the proof names both.',
  server:
    'Compare `htu` with the URL that the page called and not with an internal one, and expose `Date` so that the page can correct its clock.',
  see: 'RFC 9449 §4.3',
  find: facts => (named(facts, 'invalid_dpop_proof') ? surely(...description(facts)) : null),
}

export const dpopKey: CauseRule = {
  code: 'dpop-key',
  title:
    'The token and the key do not belong together: the server wants a token that is bound to the key of the DPoP proof.',
  page: 'Give `createClient` `scheme: dpop()`, and prove the login with `loginProof`, so that its token is bound to the same key.',
  server:
    'Compare the `cnf.jkt` of the token with the thumbprint of the proof’s key. Issue tokens with `token_type: "DPoP"`.',
  see: 'RFC 9449 §6, §7.1',
  find(facts) {
    const { sent, token, response, refresh } = facts
    if (refresh.reason === 'key-lost') return surely('The key is no longer stored')
    if (!is401(facts) || sent.credentials !== 'attached') return null
    const isProved = sent.header?.scheme === 'dpop'
    if (token?.isBound && !isProved) return surely('The token is bound to a key (`cnf`), and was sent without a proof')
    const schemes = response?.challenges.map(({ scheme: name }) => name) ?? []
    if (!isProved && schemes.includes('dpop') && !schemes.includes('bearer'))
      return surely('WWW-Authenticate asks for DPoP, and the token was sent without a proof')
    const words = isProved ? wordsOf(facts, /thumbprint|\bjkt\b|\bcnf\b|bound|\bkey\b/i) : null
    if (words) return probably(...quote(words))
    return isProved && token?.format === 'jwt' && !token.isBound && errorIn(facts) === 'invalid_token'
      ? probably('The token names no key that it is bound to')
      : null
  },
}

/** By the last two labels: not exact (`co.uk`), and good enough for a hint. */
const siteOf = (url: string) => hostOf(url)?.split('.').slice(-2).join('.')

export const cookieBlocked: CauseRule = {
  code: 'cookie-blocked',
  title: 'The browser did not send the session cookie.',
  page: 'Across origins write `credentials: "include"`, in `createClient` and in the login.',
  server:
    'Across sites a cookie needs `SameSite=None; Secure`, and browsers that block third-party cookies drop it all the same: serve the API on the site of the page. Check its `Path` and `Domain`.',
  see: 'RFC 6265bis §5.6.7',
  find(facts) {
    const { sent, refresh, url, pageOrigin } = facts
    if (!is401(facts)) return null
    const isCross = isCrossOrigin(facts)
    const isCrossSite = isCross && pageOrigin !== null && siteOf(url) !== siteOf(pageOrigin)
    const across = 'Page and API are of two sites'
    if (sent.credentials === 'cookie') {
      if (sent.cookies === 'omit' || (isCross && sent.cookies !== 'include'))
        return surely(
          `\`credentials\` is "${sent.cookies}", and the API is ${isCross ? 'of another origin' : 'of this one'}`,
        )
      return isCrossSite ? probably(across) : possibly()
    }
    const isByCookie =
      sent.credentials === 'attached' && refresh.outcome === 'rejected' && refresh.isWithoutRefreshToken
    if (!isByCookie || refresh.reason !== 'refresh-rejected') return null
    const refused = 'The refresh was refused too'
    return isCrossSite ? probably(across, refused) : possibly(refused)
  },
}

export const noChallenge: CauseRule = {
  code: 'no-challenge',
  title: 'The server does not say why: its 401 has no `WWW-Authenticate`.',
  page: null,
  server:
    'Send `WWW-Authenticate: Bearer error="invalid_token"` with each 401 to a token. Look into the server’s log for the reason.',
  see: 'RFC 9110 §15.5.2',
  find(facts) {
    const { response, sent } = facts
    if (!is401(facts) || response?.hasChallengeHeader || sent.credentials === 'cookie') return null
    if (response?.areHeadersHidden) return null
    return isCrossOrigin(facts) ? possibly() : probably()
  },
}

export const challengeHidden: CauseRule = {
  code: 'challenge-hidden',
  title: 'The page cannot see why: CORS hides the headers of the 401.',
  page: 'In the Network panel of the developer tools `WWW-Authenticate` can be read.',
  server: 'Send `Access-Control-Expose-Headers: WWW-Authenticate, Retry-After, Date` with every response.',
  see: 'Fetch, CORS-safelisted response-header name',
  find(facts) {
    const { response, sent } = facts
    if (!is401(facts) || response?.hasChallengeHeader || sent.credentials === 'cookie' || !isCrossOrigin(facts))
      return null
    return response?.areHeadersHidden ? probably('No header can be read that has to be exposed') : possibly()
  },
}
