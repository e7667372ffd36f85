import { createPinia } from 'pinia'
import { createApp, defineComponent, h } from 'vue'
import { createRouter, createWebHistory, RouterView, useRoute } from 'vue-router'
import { createLoginPage } from '../../../../demo/recipes/vue/LoginPage.ts'
import { createUserStore } from '../../../../demo/recipes/vue/pinia.ts'
import { leaveWhenEnded, requireSession } from '../../../../demo/recipes/vue/vue-router.ts'
import { api, base, placeOf, show } from '../page.ts'
import { createHeader, createName } from './parts.ts'

const Private = defineComponent(() => {
  const route = useRoute()
  return () => h('p', `private${route.query['page'] ?? ''}`)
})
const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: base, component: { render: () => null } },
    { path: `${base}/login`, component: createLoginPage(api) },
    { path: `${base}/private`, component: Private, meta: { requiresSession: true } },
  ],
})
router.beforeEach(requireSession(api, `${base}/login`))
leaveWhenEnded(api, router, `${base}/login`)

const [Header, Name] = [createHeader(api, show), createName(createUserStore(api))]
createApp(() => [h(Header), h(Name), h('main', h(RouterView))])
  .use(createPinia())
  .use(router)
  .mount(placeOf())
