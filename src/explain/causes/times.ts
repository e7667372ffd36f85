import { type CauseRule, type Finding, possibly, probably, surely } from '../cause.ts'
import type { Facts } from '../facts.ts'
import { duration, hasSentToken, quote, skewMs, wordsOf } from '../questions.ts'
import { namesOther } from '../topics.ts'

/** When the token is valid, by the device's clock and by the server's. */

/** `Date` has whole seconds, and responses take time; servers allow for about this much. */
const toleranceMs = 30_000

const inTime = (facts: Facts) => {
  const { response, atMs, token } = facts
  const serverMs = response?.serverTimeMs ?? null
  const isOver = (endMs: number) => ({ here: endMs <= atMs, there: serverMs === null ? null : endMs <= serverMs })
  return { token: hasSentToken(facts) ? token : null, atMs, serverMs, isOver }
}

export const notYetValid: CauseRule = {
  code: 'not-yet-valid',
  title: 'The token is not valid yet.',
  page: null,
  server:
    'Let the authorization server set `nbf` to now at the latest, and check its clock; allow a minute of difference where tokens are checked.',
  see: 'RFC 7519 §4.1.5',
  find(facts) {
    const { token, atMs, serverMs } = inTime(facts)
    const notBeforeMs = token?.notBeforeMs ?? null
    if (notBeforeMs === null || notBeforeMs <= atMs || (serverMs !== null && notBeforeMs <= serverMs)) return null
    const evidence = `Its \`nbf\` is ${duration(notBeforeMs - atMs)} ahead`
    if (facts.response === null) return possibly(evidence)
    return serverMs === null ? probably(evidence) : surely(`${evidence}, by the device’s clock and by the server’s`)
  },
}

/** A token that is valid by one clock alone. */
function disagreement(facts: Facts): Finding | null {
  const { token, atMs, serverMs, isOver } = inTime(facts)
  if (!token || serverMs === null) return null
  const { expiresAtMs, notBeforeMs, issuedAtMs } = token
  if (expiresAtMs !== null && isOver(expiresAtMs).there && !isOver(expiresAtMs).here)
    return surely('By the server’s clock the token has expired, by the device’s it has not')
  if (notBeforeMs !== null && notBeforeMs > serverMs && notBeforeMs <= atMs)
    return surely('By the server’s clock the token is not valid yet, by the device’s it is')
  if (issuedAtMs !== null && issuedAtMs > serverMs + toleranceMs && issuedAtMs <= atMs + toleranceMs)
    return probably('By the server’s clock the token was issued in the future')
  return possibly()
}

export const clockSkew: CauseRule = {
  code: 'clock-skew',
  title: 'The clocks differ: the token is valid by one, and not by the other.',
  page: 'If the device’s clock is wrong, tell the user. latchkey counts how long a token lives and does not compare clocks.',
  server:
    'Synchronize the clocks of the API and the authorization server (NTP), and allow a minute of difference where tokens are checked.',
  see: 'RFC 7519 §4.1.4',
  find(facts) {
    const skew = skewMs(facts)
    if (skew === null || Math.abs(skew) <= toleranceMs || !hasSentToken(facts)) return null
    const evidence = `The server’s clock is ${duration(skew)} ${skew > 0 ? 'ahead of' : 'behind'} the device’s`
    const found = disagreement(facts)
    if (!found) return possibly(evidence)
    const certainty = found.certainty === 'surely' && namesOther(facts, 'expired') ? 'probably' : found.certainty
    return { certainty, evidence: [evidence, ...found.evidence] }
  },
}

export const expired: CauseRule = {
  code: 'expired',
  title: 'The token has expired.',
  page: 'Give `createClient` a `refresh` if it has none, and `signIn` the refresh token and `expiresInSeconds`: then it is renewed before its end.',
  server: 'Say `error="invalid_token"` in `WWW-Authenticate`, and issue a refresh token.',
  see: 'RFC 6750 §3.1',
  find(facts) {
    if (!hasSentToken(facts)) return null
    const { token, atMs, isOver } = inTime(facts)
    const words = wordsOf(facts, /\bexpir/i)
    const endMs = token?.expiresAtMs ?? null
    if (endMs === null) return words ? probably(...quote(words)) : null
    const { here, there } = isOver(endMs)
    if (!here) return words ? possibly(...quote(words)) : null
    const age = `It expired ${duration(atMs - endMs)} ago by the device’s clock`
    if (there === false) return null
    if (facts.response === null) return possibly(age)
    if (there) return surely(`${age}, and by the server’s too`)
    return words ? surely(age, ...quote(words)) : probably(age)
  },
}
