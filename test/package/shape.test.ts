import { describe, expect, test } from 'vitest'
import { readSourceFiles, type SourceFunction } from '../support/source-files.ts'

/** Files that may be longer than 200 lines, and why. */
const longFiles: Readonly<Record<string, { readonly limit: number; readonly reason: string }>> = {
  'src/client/options.ts': { limit: 350, reason: 'the documentation of every option, where the editor shows it' },
}

/** Functions that may be longer than 40 lines of their own, or take more than three parameters, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'src/client/ky-timeouts.ts outsideTimeouts':
    'called for every attempt of every ky call: an object each would cost it',
  'src/client/wiring.ts createClientParts': 'a list of all parts, with what each is given by name',
  'src/request/pipeline.ts createPipeline': 'one loop: its steps call each other, and share the parts',
  'src/session/create-synced-store.ts createSyncedStore': 'one state machine: its operations share its state',
  'src/testing/fake-endpoints.ts route': 'the parameters of `server.route`',
  'src/testing/fake-server.ts route': 'public: method, path, response, options, as routers have it',
}

interface Measured extends SourceFunction {
  /** `src/session/state.ts transition` */
  readonly id: string
}

const files = readSourceFiles()
const functions: readonly Measured[] = files.flatMap(file =>
  file.functions.map(found => ({ ...found, id: `${file.path} ${found.name}` })),
)
const complaints = (isWrong: (found: Measured) => boolean, describe: (found: Measured) => string): readonly string[] =>
  functions.filter(found => isWrong(found) && !(found.id in exceptions)).map(found => `${found.id} ${describe(found)}`)

describe('the source keeps the shape that a reader can follow', () => {
  test('a file has at most 200 lines', () => {
    const long = files.filter(({ path, lines }) => lines > (longFiles[path]?.limit ?? 200))
    expect(long.map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([])
  })

  test('half of all files have at most 80 lines', () => {
    const lengths = files.map(({ lines }) => lines).sort((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(80)
  })

  test('a function has at most 40 lines; the functions inside it count for themselves', () => {
    const long = complaints(
      ({ ownLines }) => ownLines > 40,
      ({ ownLines }) => `has ${ownLines} lines`,
    )
    expect(long).toEqual([])
  })

  test('a function takes at most three parameters; what takes more takes an object', () => {
    const wide = complaints(
      ({ parameters }) => parameters > 3,
      ({ parameters }) => `takes ${parameters} parameters`,
    )
    expect(wide).toEqual([])
  })

  test('blocks are nested at most three deep', () => {
    const deep = complaints(
      ({ nesting }) => nesting > 3,
      ({ nesting }) => `is ${nesting} deep`,
    )
    expect(deep).toEqual([])
  })

  test('no exception is left for a function that keeps the rules by now', () => {
    const broken = functions.filter(
      ({ ownLines, parameters, nesting }) => ownLines > 40 || parameters > 3 || nesting > 3,
    )
    expect(Object.keys(exceptions).filter(id => !broken.some(found => found.id === id))).toEqual([])
  })
})
