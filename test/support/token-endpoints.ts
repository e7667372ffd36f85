import type { AuthSettings } from './auth-settings.ts'
import { type Endpoints, type OtherEndpoint, type RefreshEndpoint, redeem, signInAgain, subjectIn } from './endpoint.ts'
import { type Answer, json, jsonOf, type ReceivedRequest } from './http-messages.ts'
import type { IssuedTokens, TokenFamilies } from './token-families.ts'

export interface Revocation {
  readonly token: string
  readonly tokenTypeHint: string | null
  readonly clientId: string | null
  readonly headers: ReceivedRequest['headers']
}

export interface TokenEndpoints {
  readonly refreshes: Endpoints<RefreshEndpoint>
  readonly others: Endpoints<OtherEndpoint>
  readonly revocations: readonly Revocation[]
}

/** RFC 6749 §5.1. */
const toTokenResponse = ({ accessToken, refreshToken, expiresInSeconds }: IssuedTokens) => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: expiresInSeconds,
  refresh_token: refreshToken,
})

/** RFC 6749 §5.2. */
const oauthError = (error: string): Answer => json(400, { error, error_description: 'Not for end users' })

/** The form of the body; empty where it is none, so that everything in it is missing. */
const formOf = ({ headers, body }: ReceivedRequest): URLSearchParams => {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return new URLSearchParams(isForm ? String(body) : '')
}

/** Tokens in the page: JSON in the library's own names, and OAuth (RFC 6749 §6, RFC 7009). */
export const createTokenEndpoints = (families: TokenFamilies, settings: AuthSettings): TokenEndpoints => {
  const revocations: Revocation[] = []

  const refreshByJson: RefreshEndpoint = (request, refresh) => {
    const { refreshToken = '' } = jsonOf(request)
    const result = redeem(families, String(refreshToken), refresh)
    return result.outcome === 'granted' ? json(200, result.tokens) : signInAgain()
  }

  const refreshByForm: RefreshEndpoint = (request, refresh) => {
    const form = formOf(request)
    const refreshToken = form.get('refresh_token')
    refresh.outcome = 'malformed'
    if (!refreshToken || !form.get('client_id')) return oauthError('invalid_request')
    if (form.get('grant_type') !== 'refresh_token') return oauthError('unsupported_grant_type')
    const resource = form.get('resource') ?? undefined
    const known = Object.values(settings.audiences)
    // RFC 8707 §2. A server that knows no resources does not look.
    if (resource !== undefined && known.length > 0 && !known.includes(resource)) return oauthError('invalid_target')
    const result = redeem(families, refreshToken, refresh, known.length > 0 ? resource : undefined)
    return result.outcome === 'granted' ? json(200, toTokenResponse(result.tokens)) : oauthError('invalid_grant')
  }

  const revoke: OtherEndpoint = request => {
    const form = formOf(request)
    const token = form.get('token')
    if (!token) return oauthError('invalid_request')
    const [tokenTypeHint, clientId] = [form.get('token_type_hint'), form.get('client_id')]
    revocations.push({ token, tokenTypeHint, clientId, headers: request.headers })
    families.revokeToken(token)
    return { status: 200 }
  }

  return {
    refreshes: { 'POST /auth/refresh': refreshByJson, 'POST /token': refreshByForm },
    others: { 'POST /auth/login': request => json(200, families.issue(subjectIn(request))), 'POST /revoke': revoke },
    revocations,
  }
}
