/** Opaque: made by `bearer()` or, in `latchkey/dpop`, `dpop()`. */
export interface Scheme {
  readonly name: string
}

/** How credentials go on the wire, as the rest of the library uses it. */
export interface WireScheme extends Scheme {
  /** Schemes of challenges that speak to this client, lower-cased; the first is our own. */
  readonly challenges: readonly string[]
  /** Whether a token of this type can be sent (compared without case, RFC 6749 §7.1); `null`: the server did not say. */
  accepts(tokenType: string | null): boolean
  /** Sets (never appends) what proves who is asking. @throws ConfigurationError for a token that no header can carry */
  attach(headers: Headers, accessToken: string): void
  /** The header whose presence means that the caller brings credentials of its own. */
  readonly header: string
  /** The header is one that the platform takes along when another origin is redirected to: such sends follow nobody. */
  readonly staysHome?: boolean
}
