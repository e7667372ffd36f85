import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { clientSoaks } from './client-soaks.ts'
import { controlName } from './control-soak.ts'
import { findGrowth, type Grown, isFull, showGrowth } from './figures.ts'
import { requestSoaks } from './request-soaks.ts'
import { toolSoaks } from './tool-soaks.ts'

const found = new Map<string, Grown>()

beforeAll(async () => {
  const program = fileURLToPath(new URL('in-node.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--expose-gc', program])
  for (const line of stdout.trim().split('\n')) {
    const grown = JSON.parse(line) as Grown
    found.set(grown.name, grown)
  }
  if (isFull) showGrowth('Node', [...found.values()])
}, 3_600_000)

const growthOf = (name: string) => {
  const grown = found.get(name)
  return grown ? findGrowth(grown) : { missing: 1 }
}

describe('in Node nothing is left of', () => {
  test.each(Object.keys(requestSoaks))('%s, all on one signal', name => {
    expect(growthOf(name)).toEqual({})
  })

  test.each(Object.keys({ ...clientSoaks, ...toolSoaks }))('%s', name => {
    expect(growthOf(name)).toEqual({})
  })
})

test('an object or a listener that is left each time is found', () => {
  expect(growthOf(controlName)).toEqual({ objects: expect.any(Number), 'listeners on the signal': expect.any(Number) })
})
