import { type Ref, ref } from 'vue'

// What Nuxt does around a plugin, as far as the recipe needs it: state goes from the server's request to the page with the
// payload, and requests on the server carry the visitor's cookie. It is not Nuxt.

interface NuxtLike {
  readonly payload: Record<string, Ref<unknown>>
  readonly request: (url: string) => Promise<unknown>
}

let current: NuxtLike = { payload: {}, request: () => Promise.reject(new Error('Not on a server')) }

/** Runs a plugin as for one request, or for the page that it rendered. */
export function runPlugin<Result>(plugin: () => Result, nuxt: NuxtLike): Result {
  current = nuxt
  return plugin()
}

export const defineNuxtPlugin = <Plugin>(plugin: Plugin): Plugin => plugin
export const useState = (key: string): Ref<unknown> => (current.payload[key] ??= ref())
export const useRequestFetch = () => current.request
