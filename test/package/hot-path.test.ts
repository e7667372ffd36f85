import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Made } from '../support/hot-path.ts'

let made: Readonly<Record<string, Made>> = {}

beforeAll(async () => {
  const program = fileURLToPath(new URL('../support/hot-path.ts', import.meta.url))
  // Nothing is collected while bytes are counted.
  const flags = ['--no-warnings', '--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']
  made = JSON.parse((await promisify(execFile)(process.execPath, [...flags, program])).stdout)
})

const over = (name: string, bare: string) => {
  const [own, other] = [made[name], made[bare]]
  return own && other ? { promises: own.promises - other.promises, bytes: own.bytes - other.bytes } : null
}

describe('what a request with a good token costs besides its send (docs/performance)', () => {
  test.each([
    ['GET', 'bare GET', 1, 900],
    ['POST', 'bare POST', 1, 1100],
    ['ky form', 'ky alone', 2, 1500],
  ])('%s makes a fixed number of promises more than %s, and few bytes', (name, bare, promises, bytes) => {
    const found = over(name, bare)
    expect(found?.promises).toBe(promises)
    expect(found?.bytes).toBeLessThan(bytes)
  })

  test.each(['GET', 'POST'])('a %s makes no Request, no Headers and no URL', name => {
    expect(made[name]?.objects).toEqual([])
  })

  test('the ky form makes no Request, Headers or URL that ky alone does not make', () => {
    const rest = [...(made['ky alone']?.objects ?? [])]
    const more = made['ky form']?.objects.filter(
      name => !rest.splice(rest.indexOf(name), rest.includes(name) ? 1 : 0).length,
    )
    expect(more).toEqual([])
  })
})
