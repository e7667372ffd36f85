// pdf.js: load the document by `api`, then hand over its bytes. (By URL pdf.js sends range requests whose token would age.)
import type { Client } from 'latchkey'
import type { PDFDocumentProxy } from 'pdfjs-dist'

export const openPdf = async (
  api: Pick<Client, 'get'>,
  url: string,
  /** `import { getDocument } from 'pdfjs-dist'` */
  getDocument: (source: { readonly data: ArrayBuffer }) => { readonly promise: Promise<PDFDocumentProxy> },
  signal?: AbortSignal,
): Promise<PDFDocumentProxy> => {
  const data = await api.get(url, { timeout: false, ...(signal && { signal }) }).arrayBuffer()
  return getDocument({ data }).promise
}
