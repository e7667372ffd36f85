import { createClient, type InitialSession, type RootClient } from 'latchkey'
import { renderToString } from 'vue/server-renderer'
import { createPage } from './rendered-page.ts'

/** One request of one visitor: a client of its own, and what the server sends. */
export function render(initial?: InitialSession): Promise<string> {
  const api: RootClient = createClient({ baseUrl: 'https://api.example.com/', initial })
  return renderToString(createPage(api))
}
