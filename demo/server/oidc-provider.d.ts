/** What the demo uses of `oidc-provider`, which ships no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface StoredPayload {
    readonly grantId?: string
    readonly uid?: string
    consumed?: number
    readonly [name: string]: unknown
  }

  /** Where the provider keeps one kind of thing: sessions, grants, tokens. */
  export interface Adapter {
    upsert(id: string, payload: StoredPayload, expiresInSeconds: number | undefined): Promise<void>
    find(id: string): Promise<StoredPayload | undefined>
    findByUid(uid: string): Promise<StoredPayload | undefined>
    findByUserCode(userCode: string): Promise<StoredPayload | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export interface InteractionDetails {
    readonly uid: string
    readonly prompt: {
      readonly name: string
      readonly details: {
        readonly missingOIDCScope?: readonly string[]
        readonly missingOIDCClaims?: readonly string[]
        readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>
      }
    }
    readonly params: {
      readonly client_id?: string
      readonly scope?: string
      readonly login_hint?: string
      readonly acr_values?: string
    }
    readonly session?: { readonly accountId: string }
    readonly grantId?: string
  }

  export interface Grant {
    readonly accountId: string
    addOIDCScope(scope: string): void
    addOIDCClaims(claims: readonly string[]): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
    destroy(): Promise<void>
  }

  export interface SignInFacts {
    readonly acr?: string
    readonly authTime?: number
  }

  export interface TokenRequestContext {
    readonly oidc: {
      readonly params?: { readonly grant_type?: unknown }
      /** What the tokens are given for. */
      readonly entities?: { readonly RefreshToken?: SignInFacts; readonly AuthorizationCode?: SignInFacts }
    }
  }

  export interface ProviderEvents {
    'grant.success': (context: TokenRequestContext) => void
    'grant.error': (context: TokenRequestContext, error: Error & { readonly error_detail?: string }) => void
    'access_token.issued': (token: { readonly jti: string }) => void
    'grant.saved': (grant: { readonly jti: string }) => void
    server_error: (context: unknown, error: Error) => void
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Grant: {
      new (fields: { accountId: string; clientId: string }): Grant
      find(id: string): Promise<Grant | undefined>
    }
    readonly RefreshToken: { revokeByGrantId(grantId: string): Promise<void> }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    on<Name extends keyof ProviderEvents>(name: Name, listener: ProviderEvents[Name]): this
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options?: { readonly mergeWithLastSubmission?: boolean },
    ): Promise<void>
  }

  export const errors: {
    readonly InvalidTarget: new () => Error
    readonly SessionNotFound: new (message: string) => Error
  }
}
