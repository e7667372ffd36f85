// tus-js-client: uploads by XMLHttpRequest, each part with a current token; a 401 is tried again with a newer one.
import type { Client } from 'latchkey'
import * as tus from 'tus-js-client'

/** What tus-js-client and Uppy's tus plugin need. tus adds no token by itself, and gives up at a 401. */
export const tusAuthentication = ({ session }: Pick<Client, 'session'>) => {
  let renewal: Promise<unknown> = Promise.resolve()
  return {
    onBeforeRequest: async (request: { setHeader(name: string, value: string): void }) => {
      await renewal
      request.setHeader('Authorization', `Bearer ${await session.getAccessToken()}`)
    },
    /** `undefined`: no 401, decide as usual. */
    shouldRetry: (error: Error, attempt: number): boolean | undefined => {
      if (session.status === 'signed-out') return false
      if ((error as tus.DetailedError).originalResponse?.getStatus() !== 401) return undefined
      if (attempt === 0) renewal = session.refresh().catch(() => {})
      return attempt === 0
    },
  }
}

/** @example startUpload(api, file, { endpoint: 'https://files.example.com/', onProgress: (sent, total) => … }) */
export const startUpload = (
  api: Pick<Client, 'session'>,
  file: tus.Upload['file'],
  options: tus.UploadOptions,
): tus.Upload => {
  const { onBeforeRequest, shouldRetry } = tusAuthentication(api)
  const onShouldRetry = (error: Error, attempt: number) => shouldRetry(error, attempt) ?? true
  const upload = new tus.Upload(file, { retryDelays: [0, 1000, 3000], ...options, onBeforeRequest, onShouldRetry })
  upload.start()
  return upload
}
