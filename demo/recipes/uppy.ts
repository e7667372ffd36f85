// Uppy: its tus plugin, with a current token for each part.
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'
import type { Client } from 'latchkey'
import { tusAuthentication } from './tus'

export const createUppy = (api: Pick<Client, 'session'>, endpoint: string): Uppy => {
  const { onBeforeRequest, shouldRetry } = tusAuthentication(api)
  return new Uppy({ autoProceed: true }).use(Tus, {
    endpoint,
    onBeforeRequest,
    onShouldRetry: (error, attempt, _options, next) => shouldRetry(error, attempt) ?? next(error),
  })
}
