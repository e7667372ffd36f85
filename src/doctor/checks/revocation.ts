import { madeUpToken } from '../api-probes.ts'
import type { Check } from '../check.ts'
import { isReadable } from '../cors.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, orOk, unknown, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'
import type { Credential } from '../renewal.ts'
import type { Renewed } from '../sessions.ts'

const shortLifeSeconds = 600

/** RFC 7009 §2.1 in OAuth mode, the app's own sign-out with a cookie or in JSON. */
function revoke({ network, settings }: Examination, { secret }: Credential, note: string): Promise<ProbeResponse> {
  const { revocationEndpoint, renewal, clientId, csrfHeader, origin } = settings
  const url = revocationEndpoint ?? new URL('about:blank')
  const headers = { accept: 'application/json', ...(origin && { origin }) }
  const probe = { note, url, method: 'POST' }
  if (renewal?.mode === 'cookie') {
    return network.send({ ...probe, headers: { ...headers, cookie: secret, [csrfHeader.name]: csrfHeader.value } })
  }
  if (renewal?.mode === 'json') {
    const json = { ...headers, 'content-type': 'application/json' }
    return network.send({ ...probe, headers: json, body: JSON.stringify({ refreshToken: secret }) })
  }
  const form = { token: secret, token_type_hint: 'refresh_token', ...(clientId && { client_id: clientId }) }
  return network.send({ ...probe, headers, body: new URLSearchParams(form) })
}

const isDone = ({ status }: ProbeResponse) => status >= 200 && status < 300

/** 200 whether or not the server knows the token (RFC 7009 §2.2). */
function judgeResponses(responses: readonly ProbeResponse[], { settings }: Examination): readonly (Finding | false)[] {
  const { origin, renewal } = settings
  const [unknownToken, revoked] = responses
  const isHidden = (response: ProbeResponse) =>
    origin !== null && !isReadable(response, origin, renewal?.mode === 'cookie')
  return [
    revoked !== undefined && !isDone(revoked) && fault(`The sign-out gets ${revoked.status}.`, 'Return 200 or 204.'),
    unknownToken !== undefined &&
      !isDone(unknownToken) &&
      warning(
        `Revoking an unknown token gets ${unknownToken.status}.`,
        'Return 200: the client cannot know what has been revoked, and would report an error.',
      ),
    responses.some(isHidden) &&
      warning(
        'The page cannot read the response.',
        `Send \`Access-Control-Allow-Origin: ${origin}\`: without it each sign-out looks lost.`,
      ),
  ]
}

/** A token that nobody can revoke has to end soon. */
const isShortLived = ({ json }: ProbeResponse): boolean => {
  const { expires_in: seconds, expiresInSeconds = seconds } = Object(json) as Readonly<Record<string, unknown>>
  return Number(expiresInSeconds ?? Number.NaN) <= shortLifeSeconds
}

async function judgeAfterwards({ session, renewal }: Renewed, examination: Examination) {
  const { renewer, sessions, api, settings, describe } = examination
  const { credential } = session
  const works = settings.api && credential.accessToken ? await api.accepted(credential.accessToken) : null
  const revoked = await revoke(examination, credential, 'to revoke the refresh token')
  const after = await renewer.renew(credential, { note: 'with the revoked credential' })
  const still = works?.status === 200 ? await api.accepted(credential.accessToken ?? '') : null
  if (after.kind === 'granted') session.credential = after.credential
  else sessions.end(session)
  return {
    revoked,
    evidence: [revoked, after.response, ...(still ? [still] : [])].map(response => describe(response)),
    findings: [
      after.kind === 'granted' &&
        fault(
          'The session can be renewed after the sign-out.',
          'Revoke the refresh token, and every other of the session.',
        ),
      still?.status === 200 &&
        !isShortLived(renewal.response) &&
        warning(
          'The access token is accepted after the sign-out, for more than ten minutes.',
          'Revoke it with the session, or keep its life to a few minutes.',
        ),
    ],
  }
}

export const revocation: Check = {
  id: 'revocation',
  question: 'Does a sign-out end the session on the server?',
  needs: ['renewal', 'revocation'],
  spends: 'session',
  why: 'A session that survives its sign-out can be used by whoever has the token, and a cookie that survives signs the user in again.',
  references: ['RFC 7009 §2.1', 'RFC 7009 §2.2'],
  chapter: 'sign-out',
  async examine(examination) {
    const { sessions, describe, settings } = examination
    const isOAuth = settings.renewal?.mode === 'oauth'
    const madeUp = { secret: isOAuth ? madeUpToken : '', accessToken: null }
    const ofUnknown = isOAuth ? await revoke(examination, madeUp, 'to revoke a made-up token') : null
    const renewed = await sessions.renew('to refresh')
    if (!renewed) {
      return { evidence: [], findings: [unknown(sessions.shortage, 'Give another session of the test account.')] }
    }
    const { revoked, evidence, findings } = await judgeAfterwards(renewed, examination)
    const responses = [ofUnknown ?? revoked, revoked]
    return {
      evidence: [...(ofUnknown ? [describe(ofUnknown)] : []), ...evidence],
      findings: orOk([...judgeResponses(responses, examination), ...findings], 'A sign-out ends the session.'),
    }
  },
}
