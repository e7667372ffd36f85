import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { root } from '../support/project.ts'
import { readSourceFiles, type SourceFile } from '../support/source-files.ts'

/** A folder imports only from itself and from those after it. */
const layers = [
  'entries',
  'react',
  'vue',
  'doctor',
  'testing',
  'webview',
  'inspector',
  'explain',
  'observe',
  'client',
  'login',
  'request',
  'refresh',
  'schemes',
  'stores',
  'session',
  'tabs',
  'checks',
  'errors',
  'http',
  'time',
  'platform',
]

/** No user waits for these. */
const tools = ['doctor', 'testing', 'inspector', 'explain', 'observe']

const files = readSourceFiles()
const ownPaths = new Set(files.map(({ path }) => path))

const layerOf = (path: string): string => {
  const [, folder = '', file] = path.split('/')
  if (file !== undefined) return folder
  return folder === 'errors.ts' ? 'errors' : 'entries'
}

const listImports = (isWrong: (file: SourceFile, target: string, isTypeOnly: boolean) => boolean): string[] =>
  files.flatMap(file =>
    file.imports
      .filter(({ target, isTypeOnly }) => isWrong(file, target, isTypeOnly))
      .map(({ target }) => `${file.path} imports ${target}`),
  )

const findCycle = (): string[] => {
  const targetsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]))
  const done = new Set<string>()
  const search = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const target of targetsOf.get(path) ?? []) {
      const cycle = search(target, [...trail, path])
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of targetsOf.keys()) {
    const cycle = search(path, [])
    if (cycle) return cycle
  }
  return []
}

describe('the source', () => {
  test('stands in known folders only', () => {
    expect(files.map(({ path }) => path).filter(path => !layers.includes(layerOf(path)))).toEqual([])
  })

  test('imports one way: from the entries down to the platform', () => {
    const isBackwards = ({ path }: SourceFile, target: string) =>
      ownPaths.has(target) && layers.indexOf(layerOf(target)) < layers.indexOf(layerOf(path))
    expect(listImports(isBackwards)).toEqual([])
  })

  test('has no entry that another file imports from', () => {
    const isEntry = (_file: SourceFile, target: string) => ownPaths.has(target) && layerOf(target) === 'entries'
    expect(listImports(isEntry)).toEqual([])
  })

  test('has no cycle of imports, types included', () => {
    expect(findCycle()).toEqual([])
  })

  test('imports its own files by their full name, and of packages only the two it depends on', () => {
    const packages = ['ky', 'jwt-decode', 'react', 'vue']
    const isForeign = ({ path }: SourceFile, target: string) =>
      !ownPaths.has(target) && !packages.includes(target) && !(layerOf(path) === 'doctor' && target.startsWith('node:'))
    expect(listImports(isForeign)).toEqual([])
  })

  test('uses modules of Node in the command line alone, which nothing else imports', () => {
    const isWrong = ({ path }: SourceFile, target: string) =>
      target.startsWith('src/doctor/') && layerOf(path) !== 'doctor' && path !== 'src/cli.ts'
    expect(listImports(isWrong)).toEqual([])
  })

  test('runs ky in client/ky-adapter.ts alone; elsewhere it is but types', () => {
    const isRun = ({ path }: SourceFile, target: string, isTypeOnly: boolean) =>
      target === 'ky' && !isTypeOnly && path !== 'src/client/ky-adapter.ts'
    expect(listImports(isRun)).toEqual([])
  })

  test('uses jwt-decode in session/expiry.ts alone', () => {
    expect(listImports(({ path }, target) => target === 'jwt-decode' && path !== 'src/session/expiry.ts')).toEqual([])
  })

  test('sets timers by the clock alone, except in development tools and where there is no client yet', () => {
    const mayTouch = ['src/time/clock.ts', 'src/webview/ask-shell.ts']
    const touched = files
      .filter(
        ({ path, globals }) =>
          !mayTouch.includes(path) &&
          !tools.includes(layerOf(path)) &&
          (globals.has('setTimeout') || globals.has('setInterval')),
      )
      .map(({ path }) => path)
    expect(touched).toEqual([])
  })

  test('has the fixed times of a client in time/delays.ts, and none there that is not used', () => {
    const others = ['src/time/delays.ts', 'src/time/clock.ts', 'src/client/check-options.ts', 'src/client/options.ts']
    const places = files.filter(({ path }) => !tools.includes(layerOf(path)) && !others.includes(path))
    const textOf = (path: string) => readFileSync(root + path, 'utf8').replace(/^ *\*.*$/gm, '')
    const texts = places.map(({ path }) => [path, textOf(path)] as const)
    const elsewhere = texts.flatMap(([path, text]) =>
      [...text.matchAll(/\b(\w+Ms)(?: =|:) \d{2}/g)].map(([, name]) => `${path} has ${name}`),
    )
    const known = [...readFileSync(`${root}src/time/delays.ts`, 'utf8').matchAll(/^export const (\w+Ms) = /gm)]
    const unused = known.map(([, name = '']) => name).filter(name => !texts.some(([, text]) => text.includes(name)))
    expect(known.length).toBeGreaterThan(0)
    expect({ elsewhere, unused }).toEqual({ elsewhere: [], unused: [] })
  })

  test('touches the page in the folders that are about it, and nowhere else', () => {
    const ofThePage = ['window', 'document', 'navigator', 'location', 'localStorage', 'indexedDB', 'BroadcastChannel']
    const mayTouch = ['webview', 'inspector', 'platform', 'tabs', 'stores', 'login']
    const touched = files
      .filter(({ path }) => !mayTouch.includes(layerOf(path)))
      .flatMap(({ path, globals }) => ofThePage.filter(name => globals.has(name)).map(name => `${path} uses ${name}`))
    expect(touched).toEqual([])
  })
})

test('no test and no page of the demo imports the build by name, since types are checked while it is made', () => {
  const paths = globSync('{test,demo}/**/*.{ts,tsx}', { cwd: root, exclude: path => path.includes('node_modules') })
  const isOfBuild = /(?:from|import|import\() ?'(?:\.\.\/)+dist\//
  expect(paths.length).toBeGreaterThan(400)
  expect(paths.filter(path => isOfBuild.test(readFileSync(root + path, 'utf8')))).toEqual([])
})
