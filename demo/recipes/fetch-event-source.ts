// Server-sent events by @microsoft/fetch-event-source, over `api.fetch`: each connection has a current token.
import { type EventSourceMessage, fetchEventSource } from '@microsoft/fetch-event-source'
import { type Client, isLatchkeyError } from 'latchkey'

/** Resolves when the server ends the stream or `signal` aborts; rejects when the session ends or the server refuses. */
export const readEvents = (
  api: Pick<Client, 'fetch'>,
  url: string,
  onEvent: (message: EventSourceMessage) => void,
  signal: AbortSignal,
): Promise<void> =>
  fetchEventSource(url, {
    fetch: api.fetch,
    signal,
    onmessage: onEvent,
    onopen: async response => {
      if (!response.ok) throw new Error(`The event stream was refused with ${response.status}.`)
    },
    // By default every error reconnects for ever. Thrown here, it ends the stream; a number is the pause before the next try.
    onerror: error => {
      if (error instanceof TypeError) return 1000 // the network
      if (isLatchkeyError(error) && error.code === 'refresh-unavailable') return error.retryAfterMs
      throw error
    },
  })
