import { type CauseRule, documentation, probably, surely } from '../cause.ts'
import { duration, wordsOf } from '../questions.ts'

/** What the client did about the 401. */

const isHeldBack = (reason: string | null) => reason === 'circuit-open' || reason === 'backing-off'

export const heldBack: CauseRule = {
  code: 'held-back',
  title: 'The token was refused, and no refresh was started, because earlier ones failed or did not help.',
  page: 'Look at the first 401 and the first failed refresh before this one: they have the real cause. The limits are `limits.circuitOpensAfter`, `limits.unhelpfulRefreshes` and the wait after a failure.',
  server: 'Check that the API accepts the tokens that the token endpoint issues.',
  see: documentation,
  find: ({ refresh: { outcome, reason } }) =>
    outcome === 'unavailable' && isHeldBack(reason)
      ? surely(
          reason === 'circuit-open'
            ? 'Several refreshed tokens in a row were refused too'
            : 'The refresh before it failed a moment ago',
        )
      : null,
}

export const notReplayed: CauseRule = {
  code: 'not-replayed',
  title: 'The token was refused, and the request could not be sent again with a newer one.',
  page: 'For a stream give `replay: () => …`, which makes the body again. Leave out `replay: false` and `keepalive` where the request may be sent twice.',
  server: null,
  see: documentation,
  find: ({ refresh: { notReplayable, outcome } }) =>
    notReplayable && outcome !== 'rejected' ? surely(`Why not: ${notReplayable}`) : null,
}

export const refreshFailed: CauseRule = {
  code: 'refresh-failed',
  title: 'The token was refused, and the refresh that should bring a newer one failed.',
  page: 'Look at the request to the token endpoint: with 404 or 405 its URL is wrong. If there is none, and the reason is `timeout`, `refresh` calls the client itself, which waits for this very refresh: use the `post` of its argument.',
  server:
    'Let the token endpoint return 401 or `invalid_grant` when the session is over, and 503 or 429 with `Retry-After` for “not now”; with CORS headers on each of them.',
  see: 'RFC 6749 §5.2',
  find({ refresh: { outcome, reason, status, message } }) {
    if (outcome !== 'unavailable' || isHeldBack(reason)) return null
    const unread = reason === 'network' ? ['The token endpoint is unreachable, or CORS hides its response'] : []
    return surely(
      `Its reason is ${reason}${status === null ? '' : `, its status ${status}`}`,
      ...(message ? [`The error says: “${message}”`] : []),
      ...unread,
    )
  },
}

export const misconfigured: CauseRule = {
  code: 'misconfigured',
  title: 'The authorization server does not know this client, so the refused token could not be renewed.',
  page: 'Check `clientId` and `tokenEndpoint`: they belong to one authorization server and one environment.',
  server: 'Register the client as a public one, with the grant type `refresh_token`.',
  see: 'RFC 6749 §5.2',
  find: ({ refresh: { outcome, reason } }) => (outcome === 'rejected' && reason === 'misconfigured' ? surely() : null),
}

export const sameToken: CauseRule = {
  code: 'same-token',
  title: 'The refresh returned the very token that had just been refused.',
  page: 'If another SDK or a cache of your own brings the token, ask it for a fresh one: latchkey calls `refresh` because this one was refused.',
  server: 'Let the token endpoint issue a new access token for each refresh, and send `Cache-Control: no-store`.',
  see: 'RFC 6749 §5.1',
  find: ({ refresh }) => (refresh.isReplayed && refresh.isSameToken ? surely() : null),
}

export const refreshedExpired: CauseRule = {
  code: 'refreshed-expired',
  title: 'The refresh returned a token that had already expired.',
  page: 'If another SDK or a cache of your own brings the token, ask it for a fresh one.',
  server: 'Check the clock of the authorization server, and that no cache keeps its responses.',
  see: 'RFC 7519 §4.1.4',
  find(facts) {
    const { refresh, token, response, atMs } = facts
    if (!refresh.isReplayed || !token?.expiresAtMs) return null
    const { expiresAtMs, receivedAtMs } = token
    const serverTimeMs = response?.serverTimeMs ?? null
    if (expiresAtMs > (receivedAtMs ?? atMs) || (serverTimeMs !== null && expiresAtMs > serverTimeMs)) return null
    const evidence = `It had expired ${duration((receivedAtMs ?? atMs) - expiresAtMs)} before it arrived`
    const isSaid = serverTimeMs !== null || wordsOf(facts, /\bexpir/i) !== null
    return isSaid ? surely(evidence) : probably(evidence)
  },
}
