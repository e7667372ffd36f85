import type { SentHeaders } from '../http/sent-headers.ts'
import type { Credentials } from '../session/credentials.ts'
import type { SessionCore } from '../session/session.ts'

/** How credentials are attached to requests. Opaque: `bearer()` and `dpop()` (of `latchkey/dpop`) return one. */
export interface Scheme {
  readonly name: string
}

/** The init of one send, to which credentials are attached. */
export type Outgoing = RequestInit & { headers: SentHeaders }

/** Where a send goes; `request` is the caller's own, if the caller passed one. */
export interface Destination {
  /** The absolute URL as text: most schemes do not need it parsed. */
  readonly address: string
  readonly request: Request | undefined
}

/** What a response taught. `null`: nothing, so another proof would say the same as the rejected one. */
export type Learned = 'nonce' | 'clock' | null

/** Reads the response of one send. */
export type Learn = (response: Response) => Learned

/** A `fetch` that adds a proof to each call, and the thumbprint of its key. */
export interface ProvedTransport {
  readonly transport: typeof globalThis.fetch
  readonly keyThumbprint: string
}

/** A scheme, as the rest of the library uses it. */
export interface WireScheme extends Scheme {
  /** The schemes of challenges that concern this client, in lower case; the first is its own. */
  readonly challenges: readonly string[]
  /**
   * Whether it can send tokens of this type, compared without case (RFC 6749 §7.1); `null`: the server did not say. Tokens that
   * are bound to a key only if it has keys.
   */
  accepts(tokens: Pick<Credentials, 'tokenType' | 'keyThumbprint'>): boolean
  /**
   * Sets (never appends) the headers that carry the credentials. Returns a promise if that takes time. Ends the session if the
   * key is gone.
   * @throws ConfigurationError for a token that no header can carry
   */
  attach(init: Outgoing, credentials: Credentials, to: Destination): Promise<Learn | undefined> | undefined
  /** If a request has this header, the caller brings its own credentials. */
  readonly header: string
  /** Called when a client is created with it. @throws ConfigurationError if it cannot work here */
  open?(sessionName: string, session: SessionCore): void
  /** Returns the credentials of a sign-in as they are to be stored. @throws ConfigurationError for a token that it cannot send */
  adopt?(credentials: Credentials, former: Credentials | null): Credentials
  /** Prepares a token request to `endpoint`, if that is known. Ends the session if the key is gone. */
  prepare?(
    former: Credentials | null,
    transport: typeof globalThis.fetch,
    endpoint: string | URL | undefined,
  ): Promise<ProvedTransport | undefined>
}
