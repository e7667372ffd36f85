import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'

interface Found {
  readonly moment: string
  readonly name: string
  readonly kind: string
  /** The origin and the token of what was sent, each once. */
  readonly sends: readonly string[]
  /** How the calls ended, each once: `fine`, `pending`, or the message of an error. */
  readonly outcomes: readonly string[]
  readonly unhandled: readonly string[]
  /** The events of the calls, in order. */
  readonly steps: readonly string[]
}

let all: readonly Found[]
beforeAll(async () => {
  const program = fileURLToPath(new URL('replaced-globals.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program])
  all = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Found)
}, 60_000)

const own = ['first', 'second', 'third'].map(token => `https://api.test Bearer ${token}`)

describe.each(['before the import', 'after the import', 'after createClient'])(
  'where a page replaces Request, Headers, Response, AbortController, Promise, URL or JSON %s,',
  moment => {
    const found = () => all.filter(one => one.moment === moment)

    test('no token is sent to a foreign origin, by whatever it is replaced', () => {
      expect(found()).toHaveLength(7 * 4 - 1)
      const allowed = [...own, 'https://api.test null', 'https://evil.test null']
      expect(found().filter(({ sends }) => sends.some(send => !allowed.includes(send)))).toEqual([])
    })

    test('no call hangs, and each error says something', () => {
      const isGood = (outcome: string) => outcome === 'fine' || /^Error: .{5}/.test(outcome)
      expect(found().filter(({ outcomes }) => !outcomes.every(isGood))).toEqual([])
    })

    test('no rejection is unhandled', () => {
      expect(found().filter(({ unhandled }) => unhandled.length > 0)).toEqual([])
    })

    test('by a subclass, everything goes on as without', () => {
      const subclassed = found().filter(({ kind }) => kind === 'a subclass')
      expect(subclassed.map(({ outcomes }) => outcomes)).toEqual(Array(7).fill(['fine']))
      const untouched = all.find(one => one.moment === 'never')
      for (const { steps } of subclassed) expect(steps).toEqual(untouched?.steps)
      for (const { sends } of subclassed) expect(sends).toEqual([...own, 'https://evil.test null'])
    })
  },
)

test('without a replacement the same calls all succeed, and those to the trusted origin have a token', () => {
  const [untouched] = all.filter(({ moment }) => moment === 'never')
  expect(untouched).toMatchObject({ sends: [...own, 'https://evil.test null'], outcomes: ['fine'], unhandled: [] })
})
