import type { EndReason, UnavailableReason } from '../errors.ts'
import type { NoCredentialsReason, NotReplayableReason } from '../session/events.ts'

/** What is wrong with a credentials header that the app wrote itself. */
export type HeaderFlaw = 'undefined' | 'quotes' | 'scheme-twice' | 'no-token' | 'no-scheme'

/** The header that carried credentials. Never its token. */
export interface HeaderFacts {
  /** Lower-cased; `null`: not a scheme that is known, so it is not shown. */
  readonly scheme: string | null
  readonly flaw: HeaderFlaw | null
}

/** How the request was last sent. */
export interface SentFacts {
  /** `'unknown'`: the request was not observed. */
  readonly credentials: 'attached' | 'cookie' | 'none' | 'unknown'
  readonly reason: NoCredentialsReason | null
  readonly header: HeaderFacts | null
  /** `credentials` of the request: whether the browser sends cookies along. */
  readonly cookies: RequestCredentials
  readonly wantsJson: boolean
  /** The body is a stream, or ky sends it as one for `onUploadProgress`. */
  readonly isStream: boolean
}

/** What a token says of itself, unverified. Times are in milliseconds since 1970. */
export interface TokenFacts {
  readonly format: 'jwt' | 'opaque'
  /** `typ` of its header: `at+jwt` for an access token (RFC 9068 §2.1). */
  readonly type: string | null
  readonly algorithm: string | null
  readonly keyId: string | null
  readonly issuer: string | null
  readonly audience: readonly string[]
  readonly scope: readonly string[] | null
  readonly issuedAtMs: number | null
  readonly notBeforeMs: number | null
  readonly expiresAtMs: number | null
  /** By the device's clock; `null`: not known. */
  readonly receivedAtMs: number | null
  /** `'same'`: the very ID token of the session; `'similar'`: it has claims that only ID tokens have. */
  readonly idToken: 'same' | 'similar' | null
  /** It names the key that it is bound to (RFC 9449 §6.1). */
  readonly isBound: boolean
}

/** One challenge of `WWW-Authenticate`. Its texts are the server's: untrusted, cut, without anything that looks like a token. */
export interface ChallengeFacts {
  readonly scheme: string
  readonly error: string | null
  readonly description: string | null
  readonly scope: string | null
  /** The authorization server that it names: `authorization_uri`, or the host of `resource_metadata` (RFC 9728 §5.1). */
  readonly issuer: string | null
}

/** A response that the page may read. */
export interface ResponseFacts {
  /** 0: an opaque response. */
  readonly status: number
  readonly type: ResponseType
  /** Where a redirect led, without query; `null`: not redirected. */
  readonly redirectedTo: string | null
  readonly challenges: readonly ChallengeFacts[]
  readonly hasChallengeHeader: boolean
  /** Another origin's response of which no header can be read that CORS has to expose. */
  readonly areHeadersHidden: boolean
  /** Its `Date`; `null`: hidden or missing. */
  readonly serverTimeMs: number | null
  readonly contentType: string | null
  /** What its body says: untrusted, cut, without anything that looks like a token. */
  readonly text: string | null
}

/** What the client did about the 401. */
export interface RefreshFacts {
  readonly outcome: 'refreshed' | 'rejected' | 'unavailable' | 'declined' | 'none'
  readonly reason: EndReason | UnavailableReason | 'not-signed-in' | 'disposed' | null
  /** The token endpoint's status, if it responded with one. */
  readonly status: number | null
  /** What `RefreshUnavailableError` says. */
  readonly message: string | null
  /** The request was sent again. */
  readonly isReplayed: boolean
  readonly notReplayable: NotReplayableReason | null
  /** The session had no refresh token: a cookie, or another SDK, was to bring newer credentials. */
  readonly isWithoutRefreshToken: boolean
  /** The replay was sent with the very token that had been refused. */
  readonly isSameToken: boolean
}

/** What the page saw before. */
export interface HistoryFacts {
  /** Where the same token was accepted, at the same origin. */
  readonly acceptedAt: string | null
  /** The issuer of a token that this origin accepted. */
  readonly acceptedIssuer: string | null
  /** The page could read a response of this origin to a request with credentials. */
  readonly wasReadable: boolean
  /** Another user signed in, or the session ended, while the request was under way. */
  readonly isOtherSession: boolean
  /** Why no user is signed in. */
  readonly endReason: EndReason | null
}

/** What a bare request (GET, no token, no cookie) to the same URL found. */
export interface ProbeFacts {
  readonly isReachable: boolean
  readonly isReadable: boolean
  readonly isRedirected: boolean
}

/** Everything that `diagnose` reads. JSON-safe, without any part of a token. */
export interface Facts {
  readonly method: string
  /** Without query. */
  readonly url: string
  /** `null` where there is no page. */
  readonly pageOrigin: string | null
  readonly isOffline: boolean
  /** The device's clock when the response came, or failed to come. */
  readonly atMs: number
  readonly sent: SentFacts
  readonly token: TokenFacts | null
  /** `null`: there was none, or CORS hid it. */
  readonly response: ResponseFacts | null
  readonly refresh: RefreshFacts
  readonly history: HistoryFacts
  /** `null`: not probed. */
  readonly probe: ProbeFacts | null
}
