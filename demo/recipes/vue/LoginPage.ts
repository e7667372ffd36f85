// A login page: says why the session ended or the login failed, and goes on by itself when the user signs in in another tab.
import { isHTTPError } from 'ky'
import { type Client, safeReturnTo } from 'latchkey'
import { useSession } from 'latchkey/vue'
import { computed, defineComponent, h, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

const messageOf = (error: unknown): string =>
  isHTTPError(error) && error.response.status === 401
    ? 'Wrong name or password.'
    : 'Signing in failed. Please try again.'

/** As a single file component: the first half is its `<script setup>`, the returned function its `<template>`. */
export const createLoginPage = (api: Client) =>
  defineComponent(() => {
    const route = useRoute()
    const router = useRouter()
    const { status, endReason } = useSession(api)
    const failure = ref('')
    const hasExpired = computed(() => ['expired', 'refresh-rejected'].includes(endReason.value ?? ''))
    const alert = computed(() => failure.value || (hasExpired.value && 'Your session has expired.'))
    watch(status, now => now === 'signed-in' && router.push(safeReturnTo(String(route.query['returnTo'] ?? ''))), {
      immediate: true,
    })
    async function submit(event: Event) {
      event.preventDefault()
      const json = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement))
      failure.value = ''
      try {
        await api.session.signIn(await api.post('auth/login', { json, auth: false }).json())
      } catch (error) {
        failure.value = messageOf(error)
      }
    }

    return () =>
      h('form', { onSubmit: submit }, [
        alert.value && h('p', { role: 'alert' }, alert.value),
        h('label', ['Name ', h('input', { name: 'name', autocomplete: 'username', required: true })]),
        h('label', [
          'Password ',
          h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true }),
        ]),
        h('button', { type: 'submit' }, 'Sign in'),
      ])
  })
