import { useSession } from 'latchkey/vue'
import { defineComponent, h } from 'vue'
import type { createUserStore } from '../../../../demo/recipes/vue/pinia.ts'
import type { Client } from '../../../../src/client/client.ts'

/** Destructured, as apps write it. */
export const createHeader = (api: Pick<Client, 'session'>, note = (text: string) => text) =>
  defineComponent(() => {
    const { status, subject } = useSession(api)
    return () => h('header', note(`${status.value} ${subject.value}`))
  })

export const createName = (useUser: ReturnType<typeof createUserStore>) =>
  defineComponent(() => {
    const user = useUser()
    return () => h('b', user.subject ?? '')
  })
