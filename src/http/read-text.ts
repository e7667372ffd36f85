interface TextLimits {
  /** A body with more bytes is not read to its end. */
  readonly mostBytes: number
  /** Called before the first read, with a function that stops reading. */
  readonly started?: (stop: () => void) => void
}

/** Reads a body as text; `null` if it is larger than allowed, or if reading was stopped. Then the connection ends. */
export async function readText(response: Response, { mostBytes, started }: TextLimits): Promise<string | null> {
  // An app's own `fetch` may know no streams. Such a body is read only where it need not be stopped.
  const reader = response.body?.getReader?.()
  if (!reader) return started ? null : response.text()
  const decoder = new TextDecoder()
  let text = ''
  /** Below zero: there were too many, or reading was stopped. */
  let leftBytes = mostBytes
  // Cancelling resolves a pending read as the end of the body does, so what waits for the text goes on at once.
  const stop = () => {
    leftBytes = -1
    reader.cancel().catch(() => {})
  }
  started?.(stop)
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    leftBytes -= part.value.byteLength
    if (leftBytes < 0) stop()
    text += decoder.decode(part.value, { stream: true })
  }
  return leftBytes < 0 ? null : text + decoder.decode()
}
