import type {
  ChallengeFacts,
  Facts,
  HistoryFacts,
  RefreshFacts,
  ResponseFacts,
  SentFacts,
  TokenFacts,
} from '../../../src/explain/facts.ts'

/** 2026-11-28T12:00:00Z. */
export const noonMs: number = Date.UTC(2026, 10, 28, 12)
export const minuteMs = 60_000

const challenge: ChallengeFacts = { scheme: 'bearer', error: null, description: null, scope: null, issuer: null }

/** A Bearer challenge; `error` is `invalid_token` unless another one, or none, is given. */
export const bearer = (more: Partial<ChallengeFacts> = {}): readonly ChallengeFacts[] => [
  { ...challenge, error: 'invalid_token', ...more },
]

const sent: SentFacts = {
  credentials: 'attached',
  reason: null,
  header: { scheme: 'bearer', flaw: null },
  cookies: 'same-origin',
  wantsJson: true,
  isStream: false,
}

const token: TokenFacts = {
  format: 'jwt',
  type: 'at+jwt',
  algorithm: 'RS256',
  keyId: 'key-1',
  issuer: 'https://id.example.com',
  audience: ['https://api.example.com'],
  scope: ['todos:read'],
  issuedAtMs: noonMs - minuteMs,
  notBeforeMs: null,
  expiresAtMs: noonMs + 9 * minuteMs,
  receivedAtMs: noonMs - minuteMs,
  idToken: null,
  isBound: false,
}

const response: ResponseFacts = {
  status: 401,
  type: 'cors',
  redirectedTo: null,
  challenges: bearer(),
  hasChallengeHeader: true,
  areHeadersHidden: false,
  serverTimeMs: noonMs,
  contentType: 'application/json',
  text: null,
}

const refresh: RefreshFacts = {
  outcome: 'refreshed',
  reason: null,
  status: null,
  message: null,
  isReplayed: true,
  notReplayable: null,
  isSameToken: false,
  isWithoutRefreshToken: false,
}

const history: HistoryFacts = {
  acceptedAt: null,
  acceptedIssuer: null,
  wasReadable: false,
  isOtherSession: false,
  endReason: null,
}

/** What differs from a good token that a cross-origin API refuses twice, with `invalid_token`. `null` for what is not there. */
export interface Differences extends Partial<Omit<Facts, 'sent' | 'token' | 'response' | 'refresh' | 'history'>> {
  readonly sent?: Partial<SentFacts>
  readonly token?: Partial<TokenFacts> | null
  readonly response?: Partial<ResponseFacts> | null
  readonly refresh?: Partial<RefreshFacts>
  readonly history?: Partial<HistoryFacts>
}

export const factsWith = (differences: Differences = {}): Facts => ({
  method: 'GET',
  url: 'https://api.example.com/todos',
  pageOrigin: 'https://app.example.com',
  isOffline: false,
  atMs: noonMs,
  probe: null,
  ...differences,
  sent: { ...sent, ...differences.sent },
  token: differences.token === null ? null : { ...token, ...differences.token },
  response: differences.response === null ? null : { ...response, ...differences.response },
  refresh: { ...refresh, ...differences.refresh },
  history: { ...history, ...differences.history },
})

/** Nothing went along. */
export const bareBecause = (reason: NonNullable<SentFacts['reason']>, more: Differences = {}): Differences => ({
  token: null,
  refresh: { outcome: 'none', isReplayed: false },
  response: { challenges: bearer({ error: null }) },
  ...more,
  sent: { credentials: 'none', reason, header: null, ...more.sent },
})

/** The server names no error and no scheme. */
export const silent: Partial<ResponseFacts> = { challenges: [], hasChallengeHeader: false }

/** CORS hid the answer, or there was none. */
export const hidden = (probe: Facts['probe'], more: Differences = {}): Differences => ({
  response: null,
  probe,
  refresh: { outcome: 'none', isReplayed: false },
  ...more,
})
