export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

/** What a contestant is given. All of them send through `globalThis.fetch`. */
export interface World {
  readonly tokens: Tokens
  /** Where the requests go. */
  readonly url: string
  readonly tokenUrl: string
  /** Trades the refresh token, for those that have no exchange of their own. */
  readonly exchange: (held: Tokens) => Promise<Tokens>
  /** Whether the contestant may know when the token ends, if it can make use of that. */
  readonly knowsExpiry?: boolean
  /** For those that are ky. */
  readonly kyOptions?: object | undefined
}

/** Each resolves with the JSON of the answer, read; `empty` when the answer has come, which has no body. */
export interface Requests {
  readonly empty: () => Promise<unknown>
  readonly get: () => Promise<unknown>
  readonly post: (json: unknown) => Promise<unknown>
  /** Given as a `Request`; absent where that is not taken. */
  readonly request?: () => Promise<unknown>
}

export interface Contestant {
  readonly name: string
  readonly create: (world: World) => Requests | Promise<Requests>
}

export const contestants: readonly Contestant[]
