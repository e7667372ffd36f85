import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/project.ts'
import { growingLengths, isSlow, textOf, withPairs } from './slow-texts.ts'

interface FoundPattern {
  /** File and line. */
  readonly place: string
  readonly pattern: RegExp
}

const patternOf = (literal: string): RegExp => {
  const end = literal.lastIndexOf('/')
  return new RegExp(literal.slice(1, end), literal.slice(end + 1))
}

/** Every regular expression that is written in the source. */
function readPatterns(): readonly FoundPattern[] {
  return globSync('src/**/*.{ts,tsx}', { cwd: root }).flatMap(path => {
    const file = ts.createSourceFile(path, readFileSync(root + path, 'utf8'), ts.ScriptTarget.ES2022, true)
    const found: FoundPattern[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
        found.push({ place: `${path}:${line + 1} ${node.text}`, pattern: patternOf(node.text) })
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
    return found
  })
}

/** What a pattern may run over: its own characters and words, and some that stand for classes. */
function piecesOf({ source }: RegExp): readonly string[] {
  const plain = source.replace(/\\[wdsbWDSB]/g, '')
  const escaped = [...plain.matchAll(/\\([^\w])/g)].map(([, character]) => character ?? '')
  const own = plain.replace(/\\.|[A-Za-z\d()|*+{}^$[\]]/g, '')
  const words = plain.match(/[A-Za-z%]{2,}/g) ?? []
  return [...new Set([...'a7 ', ...escaped, ...own, ...words.slice(0, 5)])].slice(0, 12)
}

const beginningsOf = ({ source }: RegExp): readonly string[] => {
  const [word = ''] = source.match(/[A-Za-z%]{2,}/g) ?? []
  return [...new Set(['', '"', word])]
}
/** What a pattern may want to see before its last part: a word and a space, and a name with a quoted value. */
const longBeginnings = ['a ', 'a="']

/** Looks at every place, as `replaceAll` and `match` do; a sticky pattern at the first one, wherever it matched before. */
const readerOf = (pattern: RegExp) => (text: string) => {
  pattern.lastIndex = 0
  return text.replace(pattern, '')
}

const lengths = [...growingLengths, 4000]

/** The text for which a pattern takes more than linear time. */
function findSlowText(pattern: RegExp): string | undefined {
  const pieces = piecesOf(pattern)
  const read = readerOf(pattern)
  const find = (beginning: string, all: readonly string[]) =>
    all
      .map(piece => (length: number) => textOf(length, piece, [beginning, '\u0001']))
      // A square is eight million steps at the longest, and a line some thousand.
      .find(make => lengths.some(length => isSlow(read, make(length), 4)))
  for (const beginning of beginningsOf(pattern)) {
    const found = find(beginning, withPairs(pieces))
    if (found) return found(18)
  }
  for (const beginning of longBeginnings) {
    const found = find(beginning, pieces)
    if (found) return found(18)
  }
  return undefined
}

/** They read what the app itself wrote, once for each client, and what `btoa` returned. */
const ofTheApp = ['src/client/resolve-options.ts', 'src/schemes/dpop/proof.ts']

test('each regular expression of the source takes linear time for texts made to be slow', () => {
  const patterns = readPatterns().filter(({ place }) => !ofTheApp.some(path => place.startsWith(path)))
  const slow = patterns.flatMap(({ place, pattern }) => {
    const text = findSlowText(pattern)
    return text === undefined ? [] : [`${place} for ${JSON.stringify(text)}`]
  })
  expect(patterns.length).toBeGreaterThan(60)
  expect(slow).toEqual([])
})

test.each([
  /(a+)+$/,
  /^(\w+\s?)*$/,
  /\s+$/,
  /\w+:\w+$/,
  /\bno\b.*token/,
  /^\w+ (?:[a-z]+,?)+$/,
  /\w+(?: (?:\w+ ?)+=*(?=,|$))?/y,
])('a slow one is found: %s', pattern => {
  expect(findSlowText(pattern)).toBeDefined()
})
