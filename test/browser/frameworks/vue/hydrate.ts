import { api, placeOf, show } from '../page.ts'
import { createPage } from './rendered-page.ts'

// What breaks most: the page knows the session before it hydrates what the server rendered without it.
await api.session.ready()
createPage(api, show).mount(placeOf())
