import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { type Browser, openBrowser, type Page } from '../../support/browsers.ts'
import { root } from '../../support/project.ts'
import { bridgeKinds, bridgeScript, caseScript, expectedOutcomes } from '../../support/shell-bridges.ts'
import { attackScript } from '../../support/shell-frames.ts'

const begin = `
const { createClient } = await import('latchkey')
const { followShell, shellKind, shellRefresh } = await import('latchkey/webview')
${bridgeScript}`

/** A page that needs no server: everything is in it. */
const bundlePage = async (): Promise<string> => {
  const contents = `export { createClient } from './dist/index.js'
export { shellKind, shellRefresh } from './dist/webview.js'`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'latchkeyBundle',
    target: 'es2022',
    tsconfigRaw: {},
  })
  return `<!doctype html><meta charset="utf-8"><title>In an app</title><script>${outputFiles[0]?.text}</script>`
}

/** In that page: the session comes from the shell, and the API is called with it. */
const useSession = `
const { createClient, shellKind, shellRefresh } = latchkeyBundle
${bridgeScript}
const useSession = async (baseUrl, accessToken) => {
  installBridge('android', ({ id }, reply) =>
    reply({ latchkey: 1, id, status: 'signed-in', session: { accessToken, subject: 'alice' } }))
  const client = createClient({ baseUrl, refresh: shellRefresh() })
  const { status } = await client.get('api/me')
  return { kind: shellKind(), origin: self.origin, status, subject: client.session.getSnapshot().subject }
}`

describe.each(['chromium', 'webkit'] as const)('webviews in %s', engine => {
  let browser: Browser
  let server: AuthServer
  let page: Page
  let folder: string
  beforeAll(async () => {
    server = await startAuthServer({ cors: true })
    browser = await openBrowser(engine)
    page = await browser.newPage(`${server.origin}/page.html`)
    folder = await mkdtemp(join(tmpdir(), 'webview-'))
    await writeFile(join(folder, 'page.html'), await bundlePage())
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
    await rm(folder, { recursive: true })
  })

  test.each(bridgeKinds)('every response over the bridge of %s has a defined outcome (WV-05)', async kind => {
    const expected = expectedOutcomes(kind)
    expect(await page.run(`${begin}${caseScript} return runCases(...args)`, kind, expected)).toEqual(expected)
  })

  test('an iframe that knows the right id cannot respond, neither while it is there nor once it is gone (WV-06)', async () => {
    const attacked = await page.run<{ readonly events: readonly object[]; readonly subject: string }>(
      `${begin}${attackScript} return attack()`,
    )
    expect(attacked.subject).toBe('alice')
    // The attack took place: what every window was sent did arrive, and was trusted by the browser.
    expect(attacked.events).toEqual([
      { from: 'cross-origin', isTrusted: true, hasSource: true },
      { from: 'same origin', isTrusted: true, hasSource: true },
      // WebKit forgets who sent it, so that "no source" alone would let this one through.
      { from: 'gone', isTrusted: true, hasSource: engine === 'chromium' },
    ])
  })

  test('frames that post thousands of forged messages sign nobody out or in, ask nothing of the shell, and cause no error', async () => {
    const seen = await page.run<object>(`${begin}${attackScript} return flood(...args)`, 200)
    const kept = { status: 'signed-in', subject: 'alice', generation: 0 }
    expect(seen).toEqual({ heard: 2 * (200 * 12 + 2), asked: ['refresh'], errors: [], ...kept })
  })

  test('frames that are named like a bridge are none, and get no message (WV-07)', async () => {
    const fooled = await page.run(`${begin}${attackScript} return nameFrames()`)
    expect(fooled).toEqual({ kinds: { latchkey: null, ReactNativeWebView: null, webkit: null }, received: 0 })
  })

  test('a page that was loaded again takes no response to a question of the page before', async () => {
    const ask = `${begin}
      const asked = []
      self.shell = installBridge('react-native', message => void asked.push(message.id))
      self.client = createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh() })
      self.ready = client.session.ready()
      while (asked.length === 0) await new Promise(resolve => setTimeout(resolve))
      return asked[0]`
    const ids = [await page.run<string>(ask)]
    await page.goto(`${server.origin}/page.html`)
    ids.push(await page.run<string>(ask))
    const subjects = await page.run(
      `const respond = (id, subject) =>
        shell.post({ latchkey: 1, id, status: 'signed-in', session: { accessToken: 'access-' + subject, subject } })
      respond(args[0], 'mallory')
      const before = client.session.status
      respond(args[1], 'alice')
      return [before, (await ready).subject]`,
      ...ids,
    )
    expect(subjects).toEqual(['unknown', 'alice'])
  })

  test('a page at file: gets its session from the shell, and calls an API that allows the origin null', async () => {
    const ofFile = await browser.newPage(String(pathToFileURL(join(folder, 'page.html'))))
    const { accessToken } = server.issue()
    const used = await ofFile.run<object>(
      `${useSession}
      return useSession(...args)`,
      server.origin,
      accessToken,
    )
    expect(used).toMatchObject({ kind: 'android', status: 200, subject: 'alice' })
    await ofFile.close()
  })

  test.each(['data:', 'sandbox'])('so does a page of an origin of its own (%s)', async kind => {
    const { accessToken } = server.issue()
    const script = `${useSession}
      useSession(...${JSON.stringify([server.origin, accessToken])})
        .then(used => parent.postMessage({ used }, '*'), error => parent.postMessage({ used: String(error) }, '*'))`
    const html = `${await bundlePage()}<script>${script}</script>`
    const used = await page.run(
      `const frame = document.createElement('iframe')
      const used = new Promise(resolve => {
        addEventListener('message', ({ data }) => data?.used && resolve(data.used))
      })
      if (args[0] === 'sandbox') Object.assign(frame, { sandbox: 'allow-scripts', srcdoc: args[1] })
      else frame.src = 'data:text/html;charset=utf-8,' + encodeURIComponent(args[1])
      document.body.append(frame)
      try { return await used } finally { frame.remove() }`,
      kind,
      html,
    )
    expect(used).toEqual({ kind: 'android', origin: 'null', status: 200, subject: 'alice' })
  })
})
