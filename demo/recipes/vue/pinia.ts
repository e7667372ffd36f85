// Pinia: the session in a setup store, with what the app derives from it.
import type { Client } from 'latchkey'
import { useSession } from 'latchkey/vue'
import { defineStore } from 'pinia'
import { computed, watch } from 'vue'

interface Claims {
  readonly sub?: string
  readonly roles?: readonly string[]
}

/** @example export const useUserStore = createUserStore(api) */
export const createUserStore = (api: Pick<Client<Claims>, 'session'>) =>
  defineStore('user', () => {
    const { status, subject, claims, epoch } = useSession(api)
    const isSignedIn = computed(() => status.value === 'signed-in')
    const hasRole = (role: string): boolean => claims.value?.roles?.includes(role) ?? false
    return { status, subject, claims, epoch, isSignedIn, hasRole }
  })

/**
 * Empties stores when the user changes.
 * @example clearWithUser(useUserStore(), () => useTodoStore().$reset())
 */
export const clearWithUser = (user: { readonly epoch: number }, clear: () => void): (() => void) =>
  watch(() => user.epoch, clear)
