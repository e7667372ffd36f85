import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shownFiles, writeFrameworksPage } from '../support/frameworks-page.ts'
import { root } from '../support/project.ts'
import { missingRecipes, writeRecipesPage } from '../support/recipes-page.ts'
import { checkTypes } from '../support/type-check.ts'

const read = (path: string) => readFileSync(root + path, 'utf8')
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync('docs/**/*.md', { cwd: root }).sort(),
]

/** The rows under a heading, as their cells. */
const rowsOf = (document: string, heading: string): readonly (readonly string[])[] => {
  const [, after = ''] = read(document).split(`\n## ${heading}\n`)
  const [section = ''] = after.split('\n## ')
  return section
    .split('\n')
    .filter((line, index, lines) => line.startsWith('| `') && !lines[index + 1]?.startsWith('|---'))
    .map(line => line.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '')))
}
const namesOf = (rows: readonly (readonly string[])[]) =>
  rows.flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))

/** What stands between `interface <name>` and its end. */
const bodyOf = (path: string, name: string) =>
  new RegExp(`\\b(?:interface|type) ${name}\\b.*?\\n(.*?)\\n(?:\\}|\\n)`, 's').exec(read(path))?.[1] ?? ''
const membersOf = (path: string, name: string) =>
  [...bodyOf(path, name).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member)

describe('the README', () => {
  const options = rowsOf('README.md', 'Options')

  test('has a row for every option, and for nothing else', () => {
    const ofSession = membersOf('src/client/options.ts', 'SessionOptions').filter(name => name !== 'limits')
    const ofLimits = membersOf('src/client/options.ts', 'Limits').map(name => `limits.${name}`)
    const ofRequest = membersOf('src/request/request-context.ts', 'AuthRequestOptions')
    expect(ofSession.length * ofLimits.length * ofRequest.length).toBeGreaterThan(0)
    expect(namesOf(options).sort()).toEqual([...ofSession, ...ofLimits, ...ofRequest].sort())
  })

  test('says the limits that the source says', () => {
    const stated = [...read('src/client/check-options.ts').matchAll(/^ {2}(\w+): ([\d_]+),$/gm)]
    expect(stated.map(([, name]) => name).sort()).toEqual(membersOf('src/client/options.ts', 'Limits').sort())
    for (const [, name, value = ''] of stated) {
      const [, figure = ''] = options.find(([option]) => option === `\`limits.${name}\``) ?? []
      expect(`${name} ${figure.replaceAll(',', '')}`).toBe(`${name} ${value.replaceAll('_', '')}`)
    }
  })

  test('has a row for every error and every reason of an end', () => {
    const codes = [...read('src/errors.ts').matchAll(/readonly code = '([\w-]+)'/g)].map(([, code = '']) => code)
    const reasons = [...bodyOf('src/errors.ts', 'EndReason').matchAll(/'([\w-]+)'/g)].map(([, reason = '']) => reason)
    expect(codes).toHaveLength(4)
    const rows = rowsOf('README.md', 'Errors')
    expect(namesOf(rows)).toEqual([...codes, ...reasons, 'not-signed-in', 'disposed'])
  })

  test('has a row for every event', () => {
    const events = [...bodyOf('src/session/events.ts', 'SessionEvents').matchAll(/^ {2}'?([\w-]+)'?: AnyEvent/gm)]
    expect(events.length).toBeGreaterThan(0)
    expect(namesOf(rowsOf('README.md', 'Events'))).toEqual(events.map(([, event]) => event))
  })

  test.each([
    ...['retry', 'withCredentials', 'xsrfCookieName', 'skipAuthRefresh', 'statusCodes', 'baseURL', 'prefixUrl'],
    ...['loading', 'authenticated', 'unauthenticated', 'userLoaded', 'silentRenewError', 'accessTokenExpiring'],
    ...['signinSilent', 'addUser', 'getAccessTokenSilently', 'getToken', 'getIdToken', 'protectedResourceMap'],
    ...['allowedList', 'remember me', 'setTokens', 'logout', 'isAuthenticated', 'silent renew', 'idle timeout', '419'],
  ])('lists the word “%s” of other libraries', word => {
    const [, words = ''] = read('README.md').split('\n## Migrating from other libraries\n')
    expect(words.split('\n## ')[0]).toContain(word)
  })
})

test('the promises name every test file of their own', () => {
  const files = globSync('test/behaviour/*/*.test.ts', { cwd: root }).map(path =>
    path.replace(/^test\/behaviour\/|\.test\.ts$/g, ''),
  )
  const lists = [...read('docs/promises.md').matchAll(/^Tests: (.*)$/gm)].map(([, list = '']) => list)
  const named = lists.flatMap(list => [...list.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) => name))
  expect({
    unnamed: files.filter(file => !named.includes(file)),
    missing: named.filter(name => !files.includes(name)),
  }).toEqual({ unnamed: [], missing: [] })
})

describe('the architecture', () => {
  const rooms = new Map(
    [...read('docs/architecture.md').matchAll(/^\| `(src\/\S+)\/` \| (.*) \|$/gm)].map(([, room = '', text = '']) => [
      room,
      text,
    ]),
  )

  test('names every file of every room', () => {
    const unnamed = globSync('src/*/**/*.{ts,tsx}', { cwd: root }).filter(path => {
      const room = posix.dirname(path)
      // A folder without a row is named in the row of the folder around it.
      const [text, name] = rooms.has(room)
        ? [rooms.get(room), posix.basename(path).replace(/\.tsx?$/, '')]
        : [rooms.get(posix.dirname(room)), `${posix.basename(room)}/`]
      return !text?.includes(`\`${name}\``)
    })
    expect(rooms.size).toBeGreaterThan(10)
    expect(unnamed).toEqual([])
  })

  test('sends to files that exist where it says where to change what', () => {
    const [, after = ''] = read('docs/architecture.md').split('\n## Where to change what\n')
    const [section = ''] = after.split('\n## ')
    const named = [...section.matchAll(/`([\w-]+\/[\w/-]*)`/g)].map(([, name = '']) => name)
    const exists = (path: string) => [`src/${path}.ts`, `src/${path}`, path].some(place => existsSync(root + place))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(name => !exists(name))).toEqual([])
  })
})

test('the index of the decisions lists all of them by title', () => {
  const index = read('docs/decisions/README.md')
  const decisions = globSync('docs/decisions/0*.md', { cwd: root })
  const titles = decisions.map(path =>
    read(path)
      .split('\n')[0]
      ?.replace(/^# \d+\. /, ''),
  )
  expect(titles.filter(title => !index.includes(`[${title}]`))).toEqual([])
})

test('the README and the package ask for the Node that ky asks for, so that npm and yarn say the same', () => {
  const enginesOf = (path: string) => (JSON.parse(read(path)) as { engines: { node: string } }).engines.node
  const [, version = ''] = /^>=(\d+)$/.exec(enginesOf('package.json')) ?? []
  expect(enginesOf('package.json')).toBe(enginesOf('node_modules/ky/package.json'))
  const named = [...read('README.md').matchAll(/Node (\d+) or newer/g)].map(([, number]) => number)
  expect(named).toEqual([version, version])
})

describe('the documents', () => {
  /** As GitHub makes them. */
  const anchorsOf = (document: string) =>
    [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )

  const linksOf = (document: string) => [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  /** Links to this repository are as good as relative ones. */
  const repository = /^https:\/\/github\.com\/latchkey-js\/latchkey\/(?:blob|tree)\/main\//

  test('that npm shows, the README, links to files of the package, or to addresses: its folders are not there', () => {
    const relative = linksOf('README.md').filter(link => !/^https?:|^#/.test(link))
    expect(relative.filter(link => !/^(CHANGELOG\.md|LICENSE)$/.test(link))).toEqual([])
  })

  test.each(documents)('%s links to nothing that is not there', document => {
    const broken = linksOf(document)
      .filter(link => !/^https?:/.test(link) || repository.test(link))
      .filter(link => {
        const isOwn = repository.test(link)
        const [path = '', anchor] = link.replace(repository, '').split('#')
        const target = path === '' ? document : isOwn ? path : posix.join(posix.dirname(document), path)
        return !existsSync(root + target) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  test.each(documents)('%s names no path that is not there', document => {
    const paths = [...read(document).matchAll(/`((?:src|test|demo|docs)\/[\w./*{},-]+)`/g)].map(([, path = '']) => path)
    expect(paths.filter(path => globSync([path, `${path}.{ts,test.ts}`], { cwd: root }).length === 0)).toEqual([])
  })

  test('show a room for every folder of the source', () => {
    const folders = globSync('src/*/', { cwd: root }).map(path => path.replaceAll('\\', '/').replace(/\/?$/, '/'))
    const rooms = namesOf(rowsOf('docs/architecture.md', 'Rooms'))
    expect(folders.filter(folder => !rooms.includes(folder))).toEqual([])
  })

  test('name only files that the source has', () => {
    const rooms = read('docs/architecture.md').split('\n## Rooms\n')[1]?.split('\n## ')[0] ?? ''
    const missing = [...rooms.matchAll(/^\| `(src\/\w+\/)` \| (.*) \|$/gm)].flatMap(([, folder = '', text = '']) =>
      [...text.matchAll(/`([a-z][a-z-]+)`/g)]
        .map(([, name = '']) => name)
        .filter(name => !/^(getItem|setItem|fetch)$/.test(name) && !existsSync(`${root}${folder}${name}.ts`)),
    )
    expect(missing).toEqual([])
  })

  test.each(['exactOptionalPropertyTypes', 'plain'])('show recipes that compile in an app (%s)', strictness => {
    const paths = globSync('demo/recipes/**/*.{ts,tsx}', { cwd: root })
    expect(paths.length).toBeGreaterThanOrEqual(5)
    // What is generated by a framework in the app.
    const ambient = 'test/support/nuxt-imports.d.ts'
    const files = Object.fromEntries([...paths, ambient].map(path => [path, read(path)]))
    const exactOptionalPropertyTypes = strictness === 'exactOptionalPropertyTypes'
    expect(checkTypes(files, { resolution: 'bundler', exactOptionalPropertyTypes })).toEqual([])
  })

  test('show every recipe, as it stands in its file', () => {
    expect({ missing: missingRecipes(), isCurrent: read('docs/recipes.md') === writeRecipesPage() }).toEqual({
      missing: [],
      isCurrent: true,
    })
  })

  test('show every recipe for a framework in docs/frameworks.md, as it stands in its file', () => {
    const files = globSync('demo/recipes/*/*.{ts,tsx}', { cwd: root }).map(path => path.replaceAll('\\', '/'))
    const shown = shownFiles()
    expect({
      missing: files.filter(path => !shown.includes(path)),
      isCurrent: read('docs/frameworks.md') === writeFrameworksPage(),
    }).toEqual({ missing: [], isCurrent: true })
  })
})
