// openapi-fetch: give it `api.fetch`. Errors of the session are thrown; they are not in `error`.
import type { Client } from 'latchkey'
import createOpenApiClient, { type Client as OpenApiClient } from 'openapi-fetch'

/**
 * `Paths` is what openapi-typescript generates from your OpenAPI document.
 * @example const { data, error } = await createTypedApi<paths>(api, 'https://api.example.com').GET('/todos')
 */
export const createTypedApi = <Paths extends object>(
  api: Pick<Client, 'fetch'>,
  baseUrl: string,
): OpenApiClient<Paths> => createOpenApiClient<Paths>({ baseUrl, fetch: api.fetch })
