// connect-web: a transport over `api.fetch`, for the Connect and the gRPC-web protocols; no interceptor for the token.
import type { Transport } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import type { Client } from 'latchkey'

/** Errors of the session come as a `ConnectError` whose `cause` is latchkey's error. */
export const createTransport = (api: Pick<Client, 'fetch'>, baseUrl: string): Transport =>
  createConnectTransport({ baseUrl, fetch: api.fetch })
