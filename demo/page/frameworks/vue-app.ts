import { useSession } from 'latchkey/vue'
import { createApp, defineComponent, h, ref } from 'vue'
import { ask, createApi } from './create-api.ts'

const api = createApi()

const App = defineComponent(() => {
  const { status, subject } = useSession(api)
  const outcome = ref('Nothing was sent yet.')
  const send = async () => {
    outcome.value = await ask(api)
  }
  return () => [
    h(
      'p',
      { role: 'status' },
      status.value === 'signed-in' ? `Signed in as ${subject.value}` : `The session is ${status.value}`,
    ),
    h('div', { class: 'buttons' }, [
      h('button', { class: 'button primary', type: 'button', onClick: send }, 'Send a request'),
      h('button', { class: 'button', type: 'button', onClick: api.session.signOut }, 'Sign out'),
    ]),
    h('p', outcome.value),
  ]
})

export const mountVueApp = (place: HTMLElement): void => void createApp(App).mount(place)
