import { type CauseRule, documentation, possibly, probably, surely } from '../cause.ts'
import type { Facts } from '../facts.ts'
import { is401, isCrossOrigin, originOf, quote, tokenChallenge, wordsOf } from '../questions.ts'
import { unlessNamed } from '../topics.ts'

/** Where the response came from, and whether the page may read it. */

const loginPath = /log-?in|sign-?in|auth|sso|saml|account/i

const isHtml = ({ response }: Facts) => /^text\/html\b/i.test(response?.contentType ?? '')
const isHidden = ({ response, sent }: Facts) => response === null && sent.credentials !== 'unknown'

export const redirected: CauseRule = {
  code: 'redirected',
  title: 'A redirect led to another origin, and the browser took the token off.',
  page: 'Call the final URL, so that no redirect is needed, and add its origin to `trustedOrigins`.',
  server: 'Do not redirect API calls: respond at the URL that is called, with https and the same host.',
  see: 'Fetch, HTTP-redirect fetch',
  find(facts) {
    const to = facts.response?.redirectedTo
    return is401(facts) && to && originOf(to) !== originOf(facts.url) ? surely(`It led to ${to}`) : null
  },
}

const saysMissing =
  /\b(no|missing|without|not (provided|found|present|set))\b.{0,80}\b(token|authorization|credentials?|header)\b|\b(token|jwt|header)\b.{0,80}\b(missing|required|empty|not (provided|found|present|set))\b/i

export const headerLost: CauseRule = {
  code: 'header-lost',
  title: 'The server saw no token, though one was sent: something on the way took `Authorization` off.',
  page: null,
  server:
    'Look at what is in front of the API. nginx: `proxy_set_header Authorization $http_authorization`. Apache with CGI or PHP: `CGIPassAuth On`. A redirect to another host, http to https too, takes it off.',
  see: 'RFC 6750 §3',
  find(facts) {
    if (facts.sent.credentials !== 'attached') return null
    const anonymous = facts.response?.status === 403 ? wordsOf(facts, /\banonymous\b/i) : null
    if (anonymous) return probably(...quote(anonymous))
    if (!is401(facts)) return null
    const challenge = tokenChallenge(facts)
    const text = [challenge?.description, facts.response?.text].find(said => said && saysMissing.test(said)) ?? null
    const isBare = challenge !== undefined && challenge.error === null
    if (!isBare && !text) return null
    const evidence = isBare ? ['WWW-Authenticate has no `error`, as for a request without a token'] : []
    // A server that finds the token invalid has seen it.
    const isSeen = wordsOf(facts, text ? /\binvalid or\b|\bor invalid\b/i : /\binvalid\b|not valid/i) !== null
    return isSeen ? possibly(...evidence) : unlessNamed(facts, null, probably(...evidence, ...quote(text)))
  },
}

export const loginPage: CauseRule = {
  code: 'login-page',
  title: 'The server redirected to a login page in place of a 401.',
  page: 'Check that the request reaches the API, and that the user is signed in.',
  server:
    'Return 401 for API calls. Redirect to a login page only for navigations (`Sec-Fetch-Mode: navigate`, `Accept: text/html`).',
  see: 'RFC 9110 §15.5.2',
  find(facts) {
    const to = facts.response?.redirectedTo
    if (facts.probe?.isRedirected && facts.response === null)
      return probably('The URL redirects to where CORS hides the response')
    if (!to || !isHtml(facts)) return null
    const evidence = `It led to ${to}, which is HTML`
    return loginPath.test(new URL(to).pathname) && facts.sent.wantsJson && !is401(facts)
      ? surely(evidence)
      : probably(evidence)
  },
}

export const htmlPage: CauseRule = {
  code: 'html-page',
  title: 'The response is an HTML page in place of JSON: it is not from the API, but from something in front of it.',
  page: 'Check the URL. A captive portal, a proxy or the dev server’s fallback to `index.html` looks like this.',
  server: 'Look at the gateway or proxy in front of the API, and let the API return errors as JSON (RFC 9457).',
  see: 'RFC 9110 §15.5.2',
  find(facts) {
    const { response, sent } = facts
    if (!isHtml(facts)) return null
    if (!is401(facts)) return sent.wantsJson ? probably() : null
    return response?.hasChallengeHeader ? possibly(...quote(response.text)) : probably(...quote(response?.text ?? null))
  },
}

export const unreachable: CauseRule = {
  code: 'unreachable',
  title: 'The server cannot be reached: there is no response that CORS could hide.',
  page: 'Check the URL and the network. A content blocker, a `connect-src` of the page’s CSP and http from an https page look the same.',
  server: 'Check that the server runs, and its TLS certificate.',
  see: 'Fetch, network error',
  find(facts) {
    const { probe, isOffline } = facts
    if (!isHidden(facts)) return null
    if (isOffline) return surely('The browser says that it is offline')
    if (probe) return probe.isReachable ? null : probably('A bare request to the same URL got no response either')
    return isCrossOrigin(facts) ? possibly() : probably()
  },
}

export const preflight: CauseRule = {
  code: 'preflight',
  title: 'The preflight does not allow `Authorization`, so the browser did not send the request.',
  page: null,
  server:
    'Respond to `OPTIONS` without a token with 204, `Access-Control-Allow-Origin`, `Access-Control-Allow-Methods`, and `Access-Control-Allow-Headers: Authorization` by name: `*` does not cover it.',
  see: 'Fetch, CORS-preflight fetch',
  find(facts) {
    const { probe, sent, history } = facts
    if (!isHidden(facts) || !isCrossOrigin(facts) || facts.isOffline) return null
    if (probe && !probe.isReachable) return null
    if (sent.header === null || history.wasReadable) return null
    return probe?.isReadable ? probably('The page may read the response to a bare request to the same URL') : possibly()
  },
}

export const streamOverHttp1: CauseRule = {
  code: 'stream-over-http1',
  title: 'The body is a stream, which browsers send over HTTP/2 or newer only.',
  page: 'Send the file itself, without `onUploadProgress`, which makes a stream of it. For progress over HTTP/1.1 use XMLHttpRequest, as tus and Uppy do.',
  server: 'Serve the API by https with HTTP/2, in development, too. Browsers speak HTTP/1.1 with plain http.',
  see: 'Fetch, HTTP-network fetch',
  find(facts) {
    const { probe, sent, method, url } = facts
    if (!isHidden(facts) || facts.isOffline || (probe && !probe.isReachable)) return null
    const isPlain = url.startsWith('http:')
    if (sent.isStream) return isPlain ? surely('It was sent by plain http') : possibly()
    // A `Request` does not show whether its body is a stream.
    return isPlain && /^(POST|PUT|PATCH)$/.test(method) && facts.history.wasReadable ? possibly() : null
  },
}

export const corsMissing: CauseRule = {
  code: 'cors-missing',
  title: 'The server responded without CORS headers, so the browser hides its response.',
  page: null,
  server:
    'Send `Access-Control-Allow-Origin` with every response, errors too: a proxy or a middleware that responds first often leaves it out. With cookies it must name the origin, and `Access-Control-Allow-Credentials: true`.',
  see: 'Fetch, CORS check',
  find(facts) {
    const { probe, sent, history } = facts
    if (!isHidden(facts) || !isCrossOrigin(facts) || facts.isOffline) return null
    const before = history.wasReadable ? ['Other responses of this origin could be read'] : []
    if (!probe) return history.wasReadable ? probably(...before) : possibly()
    if (!probe.isReachable) return null
    if (probe.isReadable) {
      const isWithCookies = sent.cookies === 'include'
      const cookies = isWithCookies ? ['Without cookies the page may read the response'] : []
      return isWithCookies || history.wasReadable ? probably(...before, ...cookies) : possibly()
    }
    const evidence = 'A bare request reaches the server, and the page may not read the response'
    return history.wasReadable ? surely(evidence, ...before) : probably(evidence)
  },
}

export const unknown: CauseRule = {
  code: 'unknown',
  title: 'Nothing in the request or the response says why.',
  page: 'Look at the request in the Network panel of the developer tools.',
  server: 'Look into the server’s log for the reason.',
  see: documentation,
  find: () => possibly(),
}
