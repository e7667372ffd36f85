import { createClient, type RootClient } from 'latchkey'
import { renderToString } from 'vue/server-renderer'
import { createPage } from './rendered-page.ts'

/** One request of one visitor: a client of its own, and what the server sends. */
export function render(): Promise<string> {
  const api: RootClient = createClient({ baseUrl: 'https://api.example.com/' })
  return renderToString(createPage(api))
}
