import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'
import {
  buildFrameworkPages,
  createDocument,
  type Framework,
  type FrameworkPages,
  type RenderedFramework,
} from '../../support/framework-pages.ts'
import { startHotApp } from '../../support/hot-app.ts'

// One build, one server, and each browser once, for all frameworks. Every page is in development mode, and React in StrictMode.
let pages: FrameworkPages
let server: AuthServer
beforeAll(async () => {
  ;[pages, server] = await Promise.all([buildFrameworkPages(), startAuthServer({ accessTokenFormat: 'jwt' })])
})
afterAll(async () => {
  await Promise.all([pages.close(), server.close()])
})

/** Two for all cases of a browser: opening one costs more than a case. */
type Tabs = readonly [Page, Page]

let count = 0

/** A case of its own: its pages share one session, and none with other cases. */
function createCase([here, there]: Tabs, framework: Framework, html?: string, known?: object | null) {
  count += 1
  const base = `/${framework}/case-${count}`
  const body = Buffer.from(pages.script(framework))
  server.answerWith(`/${framework}.js`, { status: 200, headers: { 'content-type': 'text/javascript' }, body })
  for (const path of ['', '/login', '/private', '/profile'])
    server.answerWith(base + path, createDocument(framework, html, known))
  return {
    base,
    open: async (path = '') => {
      await here.goto(server.origin + base + path)
      return here
    },
    openAnother: async () => {
      await there.goto(server.origin + base)
      return there
    },
    signIn: (page: Page, subject = 'alice') =>
      page.run('await page.api.session.signIn(args[0])', server.issue(subject)),
  }
}

const settled = (page: Page, header: string) =>
  page.run('await until(() => document.querySelector("header")?.innerText === args[0], args[0])', header)
const seen = (page: Page) => page.run<string[]>('return page.rendered.filter((text, at, all) => text !== all[at - 1])')
const complaints = (page: Page) => page.run<string[]>('return complaints')

const hooked: readonly Framework[] = ['react-18', 'react-19', 'vue']
const guarded: readonly Framework[] = [...hooked, 'react-router', 'tanstack-router']
const suspending: readonly RenderedFramework[] = ['react-18-hydrate', 'react-19-hydrate']
const rendered: readonly RenderedFramework[] = ['react-18-hydrate', 'react-19-hydrate', 'vue-hydrate']

describe.for(engines)('in %s', { concurrent: true }, engine => {
  // Engines run beside each other; the cases of one share its two tabs.
  describe('one after another', { concurrent: false }, () => {
    let browser: Browser
    let tabs: Tabs
    beforeAll(async () => {
      browser = await openBrowser(engine)
      const blank = `${server.origin}/page.html`
      tabs = [await browser.newPage(blank), await browser.newPage(blank)]
    })
    afterAll(() => browser.close())

    test.each(guarded)(
      '%s: a guarded page leads to the login, and the login back to it; a sign-out leaves it',
      async framework => {
        const { base, open } = createCase(tabs, framework)
        const page = await open('/private?page=7')
        await page.run(`await until(() => document.querySelector('form'))
      document.querySelector('input').focus()
      document.querySelector('input').value = 'alice'
      document.querySelector('input[type=password]').value = 'her password'
      document.querySelector('button').click()
      await until(() => document.querySelector('p'))`)
        expect(
          await page.run('return [location.pathname + location.search, document.body.innerText.split(/\\s+/)]'),
        ).toEqual([`${base}/private?page=7`, ['signed-in', 'alice', 'alice', 'private7']])
        await page.run('await page.api.session.signOut()')
        await page.run(`await until(() => document.querySelector('form') && location.pathname.endsWith('/login'))`)
        expect(await page.run('return new URLSearchParams(location.search).get("returnTo")')).toBe(
          `${base}/private?page=7`,
        )
        expect(await complaints(page)).toEqual([])
      },
    )

    test.each(hooked)(
      '%s: a reload goes from "unknown" to "signed-in" and never shows "signed-out"; requests render nothing',
      async framework => {
        const { open, signIn } = createCase(tabs, framework)
        const page = await open()
        await signIn(page)
        await page.goto(await page.run('return location.href'))
        await settled(page, 'signed-in alice')
        const rendersByRequests = await page.run(`const before = page.rendered.length
        await Promise.all(['a', 'b', 'c'].map(path => page.api.get('api/' + path)))
        return page.rendered.length - before`)
        expect({ seen: await seen(page), rendersByRequests, complaints: await complaints(page) }).toEqual({
          seen: ['unknown null', 'signed-in alice'],
          rendersByRequests: 0,
          complaints: [],
        })
      },
    )

    test.each(hooked)(
      '%s: sign-in, sign-out and the end of the session in another tab are shown here',
      async framework => {
        const { open, openAnother, signIn } = createCase(tabs, framework)
        // Of this engine alone: the server ends all sessions of a user.
        const bob = `bob-${engine}`
        const [here, there] = [await open(), await openAnother()]
        await settled(here, 'signed-out null')
        await signIn(there)
        await settled(here, 'signed-in alice')
        await there.run('await page.api.session.signOut()')
        await settled(here, 'signed-out null')
        await signIn(there, bob)
        await settled(here, `signed-in ${bob}`)
        server.revoke(bob)
        await there.run('await page.api.get("api/todos").catch(() => {})')
        await settled(here, 'signed-out null')
        expect({ seen: await seen(here), complaints: await complaints(here) }).toEqual({
          seen: [
            'unknown null',
            'signed-out null',
            'signed-in alice',
            'signed-out null',
            `signed-in ${bob}`,
            'signed-out null',
          ],
          complaints: [],
        })
      },
    )

    test.each(rendered)(
      '%s: a page that knows the session before it hydrates takes over what the server rendered',
      async framework => {
        const html = await pages.render(framework)
        expect(html).toContain('unknown null')
        const { open, signIn } = createCase(tabs, framework, html)
        const page = await open()
        await settled(page, 'signed-out null')
        await signIn(page)
        await page.goto(await page.run('return location.href'))
        await settled(page, 'signed-in alice')
        expect({ seen: await seen(page), complaints: await complaints(page) }).toEqual({
          seen: ['unknown null', 'signed-in alice'],
          complaints: [],
        })
      },
    )

    test.each(rendered)(
      '%s: a page that was rendered for a user shows them from the first moment, and nobody else; a session that is over is left',
      async framework => {
        const known = { subject: 'alice' }
        const htmls = await Promise.all([known, { subject: 'bob' }].map(one => pages.render(framework, one, true)))
        expect(htmls.map(html => /alice|bob/g[Symbol.match](html)?.every((name, _at, all) => name === all[0]))).toEqual(
          [true, true],
        )
        const { open, signIn } = createCase(tabs, framework, htmls[0], known)
        const page = await open('/profile')
        await settled(page, 'signed-out null')
        const seenWithoutSession = await seen(page)
        await signIn(page)
        await page.goto(await page.run('return location.href'))
        await page.run('await page.api.get("api/todos")')
        expect({ seenWithoutSession, seen: await seen(page), complaints: await complaints(page) }).toEqual({
          seenWithoutSession: ['signed-in alice', 'signed-out null'],
          seen: ['signed-in alice'],
          complaints: [],
        })
      },
    )

    test.each(suspending)(
      '%s: a server that does not know the session leaves a Suspense boundary to the browser',
      async framework => {
        const html = await pages.render(framework, undefined, true)
        expect(html).toContain('<i>waiting</i>')
        const { open, signIn } = createCase(tabs, framework, html)
        const page = await open('/profile')
        await page.run('await until(() => document.querySelector("section")?.innerText === "nobody")')
        await signIn(page)
        await page.goto(await page.run('return location.href'))
        await page.run('await until(() => document.querySelector("section")?.innerText === "alice")')
        expect(await complaints(page)).toEqual([expect.stringMatching(/^recovered: .*pass `initial` to createClient/)])
      },
    )

    test('a module that is replaced while developing keeps the session that is in IndexedDB', async ({
      onTestFinished,
    }) => {
      const app = await startHotApp(server.origin, pages.packed)
      onTestFinished(app.close)
      const [page] = tabs
      await page.goto(app.url)
      await settled(page, 'signed-out null')
      await page.run('window.isStillHere = true; await page.api.session.signIn(args[0])', server.issue('alice'))
      await settled(page, 'signed-in alice')
      await app.edit()
      // Until React has rendered the new edition, the page shows what the old one did.
      await page.run('await until(() => page.edition === 2 && page.rendered.at(-1) === "signed-in alice")')
      await settled(page, 'signed-in alice')
      const shown = await seen(page)
      // A busy machine may have read the store before React renders for the first time.
      expect(shown[0] === 'unknown null' ? shown.slice(1) : shown).toEqual(['signed-in alice'])
      expect(await page.run('return isStillHere')).toBe(true)
      expect(await complaints(page)).toEqual([])
    })
  })
})
