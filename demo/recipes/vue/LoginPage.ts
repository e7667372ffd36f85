// A login page: says why the session ended, and goes on by itself when the user signs in in another tab.
import { type Client, safeReturnTo } from 'latchkey'
import { useSession } from 'latchkey/vue'
import { defineComponent, h, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** As a single file component: the first half is its `<script setup>`, the returned function its `<template>`. */
export const createLoginPage = (api: Client) =>
  defineComponent(() => {
    const route = useRoute()
    const router = useRouter()
    const { status, endReason } = useSession(api)
    const subject = ref('')
    watch(status, now => now === 'signed-in' && router.push(safeReturnTo(String(route.query['returnTo'] ?? ''))), {
      immediate: true,
    })
    async function submit(event: Event) {
      event.preventDefault()
      const json = { subject: subject.value }
      await api.session.signIn(await api.post('auth/login', { json, auth: false }).json())
    }

    return () =>
      h('form', { onSubmit: submit }, [
        ['expired', 'refresh-rejected'].includes(endReason.value ?? '') &&
          h('p', { role: 'alert' }, 'Your session has expired.'),
        h('label', [
          'Name ',
          h('input', {
            name: 'subject',
            autocomplete: 'username',
            value: subject.value,
            onInput: (event: Event) => {
              subject.value = (event.target as HTMLInputElement).value
            },
          }),
        ]),
        h('button', { type: 'submit' }, 'Sign in'),
      ])
  })
