/** The part of Nuxt's `#imports` that the recipe uses, in types like Nuxt's own: Nuxt itself is too large to be installed for it. */
declare module '#imports' {
  import type { Ref } from 'vue'
  export function defineNuxtPlugin<Provided extends object>(
    plugin: () => Promise<{ readonly provide: Provided }>,
  ): () => Promise<{ readonly provide: Provided }>
  export function useState<Value>(key: string): Ref<Value>
  export function useRequestFetch(): <Answer>(url: string) => Promise<Answer>
}
