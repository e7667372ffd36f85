import { runInNewContext } from 'node:vm'
import type { Plugin } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { bundleEntry } from '../support/bundle.ts'
import { entries } from '../support/project.ts'

/** What only those pay for who import it. */
const optional =
  /^src\/(oauth|dpop|react|vue|webview|testing|cli|doctor|inspector|explain|observe)(\.tsx?|\/)|^src\/schemes\/dpop/

describe('an app that imports createClient', () => {
  test('gets nothing of OAuth, DPoP, React, Vue, webviews, testing, explanations, the inspector, telemetry or the command line', async () => {
    const { sources } = await bundleEntry('index', { names: ['createClient'] })
    expect([...sources].filter(source => optional.test(source))).toEqual([])
    expect(sources).toContain('src/client/create-client.ts')
  })

  // Web storage is what `store: localStorage` means, so that one is always there.
  test('gets no IndexedDB that it did not ask for', async () => {
    const { sources } = await bundleEntry('index', { names: ['createClient'] })
    expect([...sources].filter(source => /indexed-db/.test(source))).toEqual([])
  })
})

describe.each([
  ['index', 'createClient'],
  ['fetch', 'createAuthenticatedFetch'],
])('an app that imports from latchkey’s %s %s alone', (entry, name) => {
  test('gets no cookie strategy and no redirect that it did not ask for', async () => {
    const { sources } = await bundleEntry(entry, { names: [name] })
    expect(
      [...sources].filter(source => /cookie-strategies|redirect-to|indexed-db|shared-memory/.test(source)),
    ).toEqual([])
  })
})

describe('an app that imports latchkey/fetch', () => {
  test('gets no ky', async () => {
    const { imports, sources } = await bundleEntry('fetch')
    expect(imports).not.toContain('ky')
    expect([...sources].filter(source => /ky/.test(source) || optional.test(source))).toEqual([])
  })
})

/** The packages' own imports are not ours to judge: they are left out. */
const empty: Plugin = {
  name: 'empty',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(ky|jwt-decode|react|vue)$/ }, ({ path }) => ({ path, namespace: 'empty' }))
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
  },
}

/** What the language has of itself, without any platform. */
const createLanguage = (): Record<PropertyKey, unknown> => {
  const names = 'Object.getOwnPropertyNames(globalThis)'
  const all = `Object.fromEntries(${names}.map(name => [name, globalThis[name]]))`
  const {
    console: _ofThePlatform,
    globalThis: _elsewhere,
    ...language
  } = runInNewContext(all) as Record<string, unknown>
  return language
}

/** Runs code where there is nothing but the language, and tells which other names it looked for. */
const lookUps = (code: string): readonly string[] => {
  const looked = new Set<string>()
  const note = (language: object, name: PropertyKey) => {
    if (typeof name === 'string' && !(name in language)) looked.add(name)
  }
  const world: Record<PropertyKey, unknown> = new Proxy(createLanguage(), {
    get: (language, name) => {
      note(language, name)
      return language[name]
    },
    has: (language, name) => {
      note(language, name)
      return name in language
    },
  })
  Object.assign(world, { globalThis: world })
  runInNewContext(code, world)
  return [...looked]
}

describe('importing', () => {
  test.each(entries)(
    'latchkey’s %s runs nothing: it asks the platform for nothing and touches nothing',
    async entry => {
      const { code } = await bundleEntry(entry, { format: 'iife', external: [], plugins: [empty] })
      expect(code.length).toBeGreaterThan(0)
      expect(lookUps(code)).toEqual([])
    },
  )
})
