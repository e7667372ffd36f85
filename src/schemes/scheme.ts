import type { Credentials } from '../session/credentials.ts'
import type { SessionCore } from '../session/session.ts'

/** Opaque: made by `bearer()` or, in `latchkey/dpop`, `dpop()`. */
export interface Scheme {
  readonly name: string
}

/** What credentials are put on: one send, as it is about to go to `fetch`. */
export type Outgoing = RequestInit & { readonly headers: Headers }

/** Where it is sent; `request` is the caller's own, if one was given. */
export interface Destination {
  /** The absolute URL as text: most schemes do not need it parsed. */
  readonly address: string
  readonly request: Request | undefined
}

/** What an answer taught, if another proof would say something that the rejected one did not. */
export type Learned = 'nonce' | 'clock' | null

/** Learns from the answer to one send. */
export type Learn = (response: Response) => Learned

/** The network with a proof on each call, and the key that proves. */
export interface ProvedTransport {
  readonly transport: typeof globalThis.fetch
  readonly keyThumbprint: string
}

/** How credentials go on the wire, as the rest of the library uses it. */
export interface WireScheme extends Scheme {
  /** Schemes of challenges that speak to this client, lower-cased; the first is our own. */
  readonly challenges: readonly string[]
  /** Whether a token of this type can be sent (compared without case, RFC 6749 §7.1); `null`: the server did not say. */
  accepts(tokenType: string | null): boolean
  /**
   * Sets (never appends) what proves who is asking. A promise where that takes time; if it can be proved no more, it ends the
   * session.
   * @throws ConfigurationError for a token that no header can carry
   */
  attach(init: Outgoing, credentials: Credentials, to: Destination): Promise<Learn | undefined> | undefined
  /** The header whose presence means that the caller brings credentials of its own. */
  readonly header: string
  /** A client is being made with it. @throws ConfigurationError where it cannot work */
  open?(sessionName: string, session: SessionCore, formerName?: string): void
  /** What a sign-in brought, as it is to be kept. @throws ConfigurationError for a token that it cannot send */
  adopt?(credentials: Credentials, former: Credentials | null): Credentials
  /** For a token request that goes to `endpoint`, if that is known. If it can be proved no more, it ends the session. */
  prepare?(
    former: Credentials | null,
    transport: typeof globalThis.fetch,
    endpoint: string | URL | undefined,
  ): Promise<ProvedTransport | undefined>
}
