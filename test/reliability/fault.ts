import type { ServerResponse } from 'node:http'

/** What a token response says, by the standards: only a rejection may end a session. */
export type Meaning = 'rejected' | 'unavailable' | 'granted'

/** Addresses at which something else than a healthy token endpoint listens. */
export interface Addresses {
  /** A name that cannot be resolved. */
  readonly unknownHost: string
  readonly closedPort: string
  /** Resets each connection as soon as it is made. */
  readonly resetting: string
  /** Speaks plain text where TLS is expected. */
  readonly brokenTls: string
  /** Speaks TLS, with a certificate that nobody else has signed. */
  readonly selfSigned: string
  /** Sends bytes that are not HTTP. */
  readonly notHttp: string
}

/**
 * Sends what comes in place of the token response.
 *
 * @param tokens what a healthy endpoint would have sent
 * @param elsewhere another origin
 */
export type Strike = (response: ServerResponse, tokens: string, elsewhere: string) => void

export interface Fault {
  readonly title: string
  readonly means: Meaning
  /** Where the request is sent in place of the token endpoint. */
  readonly address?: keyof Addresses
  /** Unset where the request never reaches the endpoint. */
  readonly strike?: Strike
  /** Whether the server has rotated the refresh token when it strikes. @default false */
  readonly isHandled?: boolean
  /** Whether the response never ends, so that the deadline does. @default false */
  readonly isSilent?: boolean
  /** Why the session ends, of a rejection. @default 'refresh-rejected' */
  readonly ends?: 'refresh-rejected' | 'misconfigured'
}

type Headers = Readonly<Record<string, string>>

const json = 'application/json'

/** A complete response. */
export const respond =
  (status: number, body = '', headers: Headers = {}): Strike =>
  response => {
    response.writeHead(status, { 'content-type': json, ...headers })
    response.end(body)
  }

export const oauthError = (status: number, error: string): Strike =>
  respond(status, JSON.stringify({ error, error_description: 'Not for end users' }))

export const html = (status: number): Strike =>
  respond(status, '<!doctype html><title>Please wait</title>', { 'content-type': 'text/html; charset=utf-8' })

/** The token response, changed. */
export const changed =
  (change: (tokens: Readonly<Record<string, unknown>>) => unknown): Strike =>
  (response, tokens, elsewhere) =>
    respond(200, JSON.stringify(change(JSON.parse(tokens) as Readonly<Record<string, unknown>>)))(
      response,
      tokens,
      elsewhere,
    )
