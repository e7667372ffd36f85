export {
  createAuthenticatedFetch,
  type FetchClient,
  type FetchClientOptions,
} from './client/create-authenticated-fetch.ts'
