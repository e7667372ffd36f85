import { type CauseRule, documentation, type Finding, possibly, probably, surely } from '../cause.ts'
import type { Facts, HeaderFlaw } from '../facts.ts'
import {
  foreignSchemes,
  is401,
  isNamedLogin,
  isRefused,
  looksLikeLogin,
  originOf,
  quote,
  wordsForOtherScheme,
  wordsOf,
} from '../questions.ts'

/** What the page sent, or did not send. */

/** Where the response cannot be read, it need not be a 401. */
const unlessUnread = ({ response }: Facts, finding: Finding): Finding =>
  response === null ? { ...finding, certainty: 'possibly' } : finding

const noTokens = /^(basic|digest|negotiate|ntlm|kerberos|hoba|mutual|vapid|scram-.*|aws4-.*|.*key)$/

const flaws: Readonly<Record<HeaderFlaw, string>> = {
  undefined: 'In place of a token it has the word “undefined” or “null”',
  quotes: 'Its token is in quotes',
  'scheme-twice': 'It names its scheme twice',
  'no-token': 'It has a scheme and no token',
  'no-scheme': 'It has a token and no scheme in front of it',
}

export const malformedHeader: CauseRule = {
  code: 'malformed-header',
  title: 'The app sent an `Authorization` header that is malformed.',
  page: 'Do not set `Authorization`: latchkey sends the token of the session. Else write `Bearer`, a space and the token, without quotes.',
  server: null,
  see: 'RFC 6750 §2.1',
  find(facts) {
    const { header } = facts.sent
    return header?.flaw ? unlessUnread(facts, surely(flaws[header.flaw])) : null
  },
}

export const noCors: CauseRule = {
  code: 'no-cors',
  title: 'The request was sent with `mode: "no-cors"`: the browser then sends no token and hides the response.',
  page: 'Leave `mode` out.',
  server: 'Send CORS headers, so that the page does not need `no-cors`.',
  see: 'Fetch, request-no-cors guard',
  find: ({ sent }) => (sent.reason === 'no-cors' ? surely() : null),
}

export const otherScheme: CauseRule = {
  code: 'other-scheme',
  title: 'The server wants another way of signing in than a token.',
  page: 'Check the URL: a token helps only where the API accepts tokens. Send an API key or a password with `auth: false` and a header of your own.',
  server:
    'If the API accepts tokens, its `WWW-Authenticate` must name `Bearer`; where a cookie is the session, leave the header out. If a proxy in front of it asks for a password, let requests with a token pass.',
  see: 'RFC 9110 §11.6.1',
  find(facts) {
    const { response, sent } = facts
    const words = response?.hasChallengeHeader ? null : wordsForOtherScheme(facts)
    if (response?.status === 403) return words ? probably(...quote(words)) : null
    const wanted = foreignSchemes(facts)
    if (!is401(facts) || wanted.includes(sent.header?.scheme ?? '')) return null
    const isLeft = facts.refresh.outcome === 'none' && sent.reason !== 'auth-false'
    const left = isLeft ? ', so latchkey left this 401 to the app: no refresh, no `onLoginRequired`' : ''
    const evidence = `WWW-Authenticate asks for ${wanted.join(', ')}${left}`
    if (wanted.some(scheme => noTokens.test(scheme))) return surely(evidence)
    // A name of the server's own may well mean a token.
    if (wanted.length > 0) return possibly(evidence)
    return words ? probably(...quote(words)) : null
  },
}

export const sessionChanged: CauseRule = {
  code: 'session-changed',
  title: 'The session changed while the request was under way: its response belongs to the former one.',
  page: 'Nothing, if the user signed out or in meanwhile. Otherwise send the request after `session.ready()`.',
  server: null,
  see: documentation,
  find: ({ history, refresh }) => (history.isOtherSession && refresh.outcome === 'none' ? surely() : null),
}

const mentionsPassword = /password|credentials|user ?name|e-?mail|log ?in|sign ?in/i

export const loginRefused: CauseRule = {
  code: 'login-refused',
  title: 'The server refused this login: probably a wrong name or password.',
  page: 'Show it to the user: this 401 is about the form and not about the session.',
  server: null,
  see: 'RFC 9110 §15.5.2',
  find(facts) {
    const { sent } = facts
    if (sent.reason !== 'auth-false' || sent.header || !is401(facts) || facts.method !== 'POST') return null
    const words = wordsOf(facts, mentionsPassword)
    return looksLikeLogin(facts) || words ? probably(...quote(words)) : null
  },
}

export const loginWithoutAuthFalse: CauseRule = {
  code: 'login-without-auth-false',
  title: 'A login was sent without `auth: false`, so its 401 was taken for one about the session.',
  page: 'Send the login with `auth: false`: then its 401 is yours, and `onLoginRequired` is not called.',
  server: null,
  see: documentation,
  find(facts) {
    const { sent } = facts
    const isBare = sent.credentials === 'none' && sent.reason === 'signed-out'
    // With a token, `/sessions` and `/token` may well be resources of the API.
    const isLogin = isBare ? looksLikeLogin(facts) : sent.credentials === 'attached' && isNamedLogin(facts)
    return isLogin && is401(facts) ? probably('It is a POST to what looks like a login') : null
  },
}

export const authFalse: CauseRule = {
  code: 'auth-false',
  title: 'The request was sent with `auth: false`, or by `refresh` itself, so without a token.',
  page: 'Leave `auth: false` out, here and in the `extend()` that made this instance. In `refresh` use the `post` of its argument; a 401 to it says that the session is over.',
  server: null,
  see: 'RFC 6750 §3',
  find(facts) {
    const { sent, response } = facts
    // A login is sent so. And it causes no other response than a refusal, or a redirect to a login.
    if (sent.reason !== 'auth-false' || sent.header || looksLikeLogin(facts) || loginRefused.find(facts)) return null
    const isElse = response !== null && !isRefused(facts) && !response.redirectedTo
    return isElse ? null : unlessUnread(facts, surely())
  },
}

export const ownAuthorization: CauseRule = {
  code: 'own-authorization',
  title: 'The app sent a header of its own with credentials, in place of the token of the session.',
  page: 'Do not set this header: latchkey sends the token, refreshes it and sends the request again. Look for it in `headers`, in ky’s hooks and in `extend()`.',
  server: null,
  see: 'RFC 9110 §11.6.2',
  find(facts) {
    const { credentials, header } = facts.sent
    return credentials === 'none' && header && !header.flaw ? unlessUnread(facts, surely()) : null
  },
}

export const untrustedOrigin: CauseRule = {
  code: 'untrusted-origin',
  title: 'The origin of the request is not trusted, so no token was sent to it.',
  page: 'If this API may have the token, add its origin to `trustedOrigins`.',
  server: null,
  see: 'RFC 9110 §11.5',
  find(facts) {
    if (facts.sent.reason !== 'untrusted-origin' || facts.sent.header) return null
    return unlessUnread(facts, surely(`It is ${originOf(facts.url)}`))
  },
}

export const notSignedIn: CauseRule = {
  code: 'not-signed-in',
  title: 'No user is signed in, so no token was sent.',
  page: 'Await `session.ready()` and `session.signIn(…)` before this request. For requests that also work without a user, write `auth: "optional"`. A session lasts over reloads only with a `store`.',
  server: null,
  see: 'RFC 6750 §3',
  find(facts) {
    const { sent, history } = facts
    if (sent.reason !== 'signed-out') return null
    const evidence = history.endReason ? [`The session ended before: ${history.endReason}`] : []
    const hasOther = foreignSchemes(facts).length > 0 || looksLikeLogin(facts)
    return unlessUnread(facts, hasOther ? probably(...evidence) : surely(...evidence))
  },
}
