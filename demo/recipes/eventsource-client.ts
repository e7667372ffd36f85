// Server-sent events by eventsource-client, over `api.fetch`.
import { createEventSource, type EventSourceClient, type EventSourceMessage, type FetchLike } from 'eventsource-client'
import { type Client, isLatchkeyError } from 'latchkey'

/** The client reconnects for ever, also after errors, so `fetch` closes it when the session has ended or the server refuses. */
export const openEvents = (
  api: Pick<Client, 'fetch'>,
  url: string,
  onMessage: (message: EventSourceMessage) => void,
  onEnd: (error: unknown) => void,
): EventSourceClient => {
  const close = (error: unknown) => {
    events.close()
    onEnd(error)
  }
  const fetch: FetchLike = async (input, init) => {
    try {
      const response = await api.fetch(input, init as RequestInit)
      if (!response.ok) close(new Error(`The event stream was refused with ${response.status}.`))
      return response
    } catch (error) {
      if (isLatchkeyError(error) && error.code !== 'refresh-unavailable') close(error)
      throw error
    }
  }
  const events = createEventSource({ url, fetch, onMessage })
  return events
}
