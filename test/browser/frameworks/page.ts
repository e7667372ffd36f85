import { createClient, type InitialSession, indexedDbStore, type RootClient } from 'latchkey'

/** What the pages of all frameworks have in common, for the test to look at. */
export interface FrameworkPage {
  readonly api: RootClient
  /** What the header showed, one entry for each of its renders. */
  readonly rendered: string[]
}

declare global {
  interface Window {
    page: FrameworkPage
    /** What came to the console, and errors that nobody caught. Filled by the document. */
    complaints: string[]
    /** What the server knew of the session. */
    known: InitialSession | null | undefined
  }
}

/** `/react-19/a-case/private` is the page `private` of the app at `/react-19/a-case`. */
const [, framework = '', name = ''] = location.pathname.split('/')
export const base = `/${framework}/${name}`

export const api: RootClient = createClient({
  baseUrl: '/',
  // The cases of one browser share nothing.
  sessionName: name,
  initial: window.known,
  store: indexedDbStore(),
  retry: 0,
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
})

const rendered: string[] = []
window.page = { api, rendered }

export const show = (text: string): string => {
  rendered.push(text)
  return text
}

export function placeOf(id = 'root'): HTMLElement {
  const place = document.getElementById(id)
  if (!place) throw new Error(`There is no #${id}`)
  return place
}
