// Downloads and uploads with progress, over `api`.
import type { Client } from 'latchkey'

interface TransferOptions {
  /** 0 to 1. Not called where the size is not known. */
  readonly onProgress?: (share: number) => void
  readonly signal?: AbortSignal
}

const progress =
  (onProgress: TransferOptions['onProgress']) =>
  ({ percent }: { readonly percent: number }) =>
    onProgress?.(percent)

/** As a `Blob`, say for `URL.createObjectURL`. An `<a href download>` cannot carry a token. */
export const download = (
  api: Pick<Client, 'get'>,
  url: string,
  { onProgress, signal }: TransferOptions = {},
): Promise<Blob> =>
  api.get(url, { timeout: false, onDownloadProgress: progress(onProgress), ...(signal && { signal }) }).blob()

/** A file is sent again after a refresh: the browser still has it. */
export const upload = async (
  api: Pick<Client, 'post'>,
  url: string,
  file: Blob,
  { onProgress, signal }: TransferOptions = {},
): Promise<void> => {
  await api.post(url, { body: file, timeout: false, onUploadProgress: progress(onProgress), ...(signal && { signal }) })
}
