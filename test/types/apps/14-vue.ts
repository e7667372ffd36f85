// (14) Vue 3, Pinia, Vue Router
import { createClient, redirectTo } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { type SessionRefs, useSession } from 'latchkey/vue'
import { defineStore } from 'pinia'
import { type ComputedRef, computed, defineComponent, effectScope, h } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'

interface Claims {
  readonly sub: string
  readonly name: string
  readonly roles: readonly string[]
}

export const api = createClient<Claims>({
  baseUrl: '/api/',
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  onLoginRequired: redirectTo('/login'),
})

export const useUser = defineStore('user', () => {
  const { status, claims } = useSession(api)
  const isAdmin = computed(() => claims.value?.roles.includes('admin') ?? false)
  return { status, claims, isAdmin }
})

export const Header = defineComponent(() => {
  const { status, claims } = useSession(api)
  const name: ComputedRef<Claims | null> = claims
  return () => (status.value === 'signed-in' ? h('button', { onClick: api.session.signOut }, name.value?.name) : null)
})

export const router = createRouter({ history: createWebHistory(), routes: [] })
router.beforeEach(async ({ fullPath, meta }) => {
  if (!meta['isPrivate'] || (await api.session.ready()).status !== 'signed-out') return true
  return { path: '/login', query: { returnTo: fullPath } }
})

const scope = effectScope()
export const refs: SessionRefs | undefined = scope.run(() => useSession(createAuthenticatedFetch()))
// @ts-expect-error a computed ref cannot be written
refs.status.value = 'signed-in'
