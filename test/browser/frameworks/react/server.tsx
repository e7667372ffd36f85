import { createClient, type InitialSession, type RootClient } from 'latchkey'
import { renderToReadableStream } from 'react-dom/server.browser'
import { Page } from './rendered-page.tsx'

/** One request of one visitor: a client of its own, and what the server sends. */
export async function render(initial?: InitialSession, withProfile = false): Promise<string> {
  const api: RootClient = createClient({ baseUrl: 'https://api.example.com/', initial })
  const stream = await renderToReadableStream(<Page api={api} withProfile={withProfile} />, {
    // Without this each boundary that is left to the browser is logged.
    onError: () => {},
  })
  await stream.allReady
  return new Response(stream).text()
}
