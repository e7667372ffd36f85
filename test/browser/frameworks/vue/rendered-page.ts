import { createPinia } from 'pinia'
import { type App, createSSRApp, h } from 'vue'
import { createUserStore } from '../../../../demo/recipes/vue/pinia.ts'
import type { Client } from '../../../../src/client/client.ts'
import { createHeader, createName } from './parts.ts'

/** The same on the server and in the browser. */
export function createPage(api: Pick<Client, 'session'>, note?: (text: string) => string): App {
  const [Header, Name] = [createHeader(api, note), createName(createUserStore(api))]
  return createSSRApp(() => [h(Header), h(Name)]).use(createPinia())
}
