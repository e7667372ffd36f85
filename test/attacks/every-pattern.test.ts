import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/project.ts'

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

/** What a pattern may run over: its own characters and words, some that stand for classes, and of them every two. */
function piecesOf({ source }: RegExp): readonly string[] {
  const plain = source.replace(/\\[wdsbWDSB]/g, '')
  const escaped = [...plain.matchAll(/\\([^\w])/g)].map(([, character]) => character ?? '')
  const own = plain.replace(/\\.|[A-Za-z\d()|*+{}^$[\]]/g, '')
  const words = plain.match(/[A-Za-z%]{2,}/g) ?? []
  const single = [...new Set([...'a7 ', ...escaped, ...own, ...words.slice(0, 5)])].slice(0, 12)
  return [...single, ...single.flatMap(one => single.map(other => one + other))]
}

const beginningsOf = ({ source }: RegExp): readonly string[] => {
  const [word = ''] = source.match(/[A-Za-z%]{2,}/g) ?? []
  return [...new Set(['', '"', word])]
}

const timeOf = (pattern: RegExp, text: string): number => {
  const startedAt = performance.now()
  // Looks at every place, as `replaceAll` and `match` do.
  text.replace(pattern, '')
  return performance.now() - startedAt
}

/** The best of some: a machine may be busy at any time. */
const bestTimeOf = (pattern: RegExp, text: string) =>
  Math.min(...Array.from({ length: 4 }, () => timeOf(pattern, text)))

const isSlow = (pattern: RegExp, text: string, ms: number) =>
  timeOf(pattern, text) > ms && bestTimeOf(pattern, text) > ms

// In small steps: exponential and cubic time would not end for a text that is much longer than the one before.
const lengths = [16, 20, 24, 28, 40, 80, 250, 4000]

/** The text for which a pattern takes more than linear time. */
function findSlowText(pattern: RegExp): string | undefined {
  for (const piece of piecesOf(pattern)) {
    for (const beginning of beginningsOf(pattern)) {
      const make = (length: number) => `${beginning}${piece.repeat(Math.ceil(length / piece.length))}\u0001`
      // A square is eight million steps at the longest, and a line some thousand.
      if (lengths.some(length => isSlow(pattern, make(length), 4))) return make(18)
    }
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

test.each([/(a+)+$/, /^(\w+\s?)*$/, /\s+$/, /\w+:\w+$/, /\bno\b.*token/])('a slow one is found: %s', pattern => {
  expect(findSlowText(pattern)).toBeDefined()
})
