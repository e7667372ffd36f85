import { readFile, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { build as vite } from 'vite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../support/auth-server.ts'
import { type InstalledPackage, installPackage } from '../support/installed-package.ts'
import { entries, root } from '../support/project.ts'

let app: InstalledPackage

beforeAll(async () => {
  app = await installPackage()
})
afterAll(() => app.remove())

/** An app's whole day: sign in, be refused, renew, be served. Prints who the API says it is. */
const program = `
const [origin] = process.argv.slice(2)
const refresh = ({ refreshToken, post }) => post('auth/refresh', { refreshToken })
const api = createClient({ baseUrl: origin + '/', refresh })
const main = async () => {
  await api.session.signIn(await api.post('auth/login', { json: { subject: 'carol' }, auth: false }).json())
  await fetch(origin + '/expire')
  const { subject } = await api.get('api/todos').json()
  api.dispose()
  console.log(subject)
}
main()
`
const asModule = `import { createClient } from 'latchkey'\n${program}`

const serve = async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  server.answerWith('/expire', () => {
    server.expireAccessTokens()
    return { status: 204 }
  })
  return server
}

/** That the program did what it is for, and with one refresh. */
const expectDay = async (name: string, text: string) => {
  const server = await serve()
  expect(await app.runProgram(name, text, server.origin)).toBe('carol\n')
  expect([server.refreshes, server.sends.map(send => send.status)]).toEqual([1, [401, 200]])
}

describe('the packed package', () => {
  test('has one command, in one file that runs by itself', async () => {
    const path = join(app.folder, 'node_modules/latchkey/dist/cli.js')
    const text = await readFile(path, 'utf8')
    expect(text.split('\n')[0]).toBe('#!/usr/bin/env node')
    expect(
      [...text.matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name).filter(name => !isBuiltin(name)),
    ).toEqual([])
    expect(app.files).not.toContain('dist/cli.d.ts')
  })

  test('runs as `npx latchkey doctor`, finds the faults of a strict server and says so by its exit code', async () => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const args = [
      '--token-endpoint',
      `${server.origin}/token`,
      '--client-id',
      'spa',
      '--only',
      'lost-response,simultaneous',
    ]
    const tokens = [server.issue(), server.issue()].map(({ refreshToken }) => refreshToken)
    const env = { ...process.env, LATCHKEY_REFRESH_TOKEN: tokens.join('\n') }
    const ended = await app.runCommand(['doctor', ...args, '--yes', '--json'], env)
    const { checks } = JSON.parse(ended.stdout) as { checks: readonly { id: string; status: string }[] }
    const faults = checks.filter(({ status }) => status === 'fault').map(({ id }) => id)
    expect({ faults, exitCode: ended.exitCode }).toEqual({ faults: ['lost-response', 'simultaneous'], exitCode: 1 })
    for (const token of tokens) expect(ended.stdout + ended.stderr).not.toContain(token)
  })

  test('holds the built files and the documents, and nothing else', () => {
    const expected = /^(dist\/[\w.-]+|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/
    expect(app.files.filter(path => !expected.test(path))).toEqual([])
    expect(app.files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md']))
  })

  test.each(entries)(
    'has %s as module with its source map, as CommonJS without, and the declarations of both',
    entry => {
      const endings = ['js', 'js.map', 'd.ts', 'cjs', 'd.cts']
      expect(app.files).toEqual(expect.arrayContaining(endings.map(ending => `dist/${entry}.${ending}`)))
      expect(app.files).not.toContain(`dist/${entry}.cjs.map`)
    },
  )

  test('has source maps for what browsers load, once, and is far from a megabyte', async () => {
    expect(app.packedBytes).toBeLessThan(650_000)
    for (const path of app.files) {
      const text = await readFile(join(app.folder, 'node_modules/latchkey', path), 'utf8')
      const [, map] = /^\/\/# sourceMappingURL=(\S+)/m.exec(text) ?? []
      expect(app.files).toContain(map ? `dist/${map}` : path)
    }
  })

  test("begins latchkey/react with 'use client', in both formats, and no other entry", async () => {
    const starts = entries.flatMap(entry => ['js', 'cjs'].map(ending => `dist/${entry}.${ending}`))
    const texts = await Promise.all(
      starts.map(path => readFile(join(app.folder, 'node_modules/latchkey', path), 'utf8')),
    )
    const marked = starts.filter((_path, index) => texts[index]?.startsWith("'use client'"))
    expect(marked).toEqual(['dist/react.js', 'dist/react.cjs'])
  })

  test('names no folder of the machine it was built on', async () => {
    const texts = app.files.map(path => readFile(join(app.folder, 'node_modules/latchkey', path), 'utf8'))
    expect((await Promise.all(texts)).filter(text => text.includes(root))).toEqual([])
  })

  test('works as a module', () => expectDay('module.mjs', asModule))

  test('works from CommonJS', () => expectDay('common.cjs', `const { createClient } = require('latchkey')\n${program}`))

  test('works in a bundle of esbuild', async () => {
    const { outputFiles } = await esbuild({
      stdin: { contents: asModule, resolveDir: app.folder },
      absWorkingDir: app.folder,
      bundle: true,
      write: false,
      platform: 'neutral',
      mainFields: ['module', 'main'],
    })
    await expectDay('by-esbuild.mjs', outputFiles[0]?.text ?? '')
  })

  test('works in a bundle of Vite', async () => {
    await writeFile(join(app.folder, 'entry.js'), asModule)
    await vite({
      configFile: false,
      root: app.folder,
      logLevel: 'error',
      build: { lib: { entry: 'entry.js', formats: ['es'], fileName: () => 'by-vite.mjs' }, outDir: 'built' },
    })
    await expectDay('by-vite.mjs', await readFile(join(app.folder, 'built/by-vite.mjs'), 'utf8'))
  })
})
