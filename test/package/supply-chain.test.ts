import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { root } from '../support/project.ts'

interface Locked {
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
}

const readJson = (name: string) => JSON.parse(readFileSync(`${root}${name}`, 'utf8'))
const { '': own, ...packages }: Record<string, Locked> = readJson('package-lock.json').packages
const names = (those: (one: Locked) => unknown) =>
  Object.entries(packages)
    .filter(([, one]) => those(one))
    .map(([path]) => path.replace('node_modules/', ''))
    .sort()

describe('what an app installs with the package', () => {
  test('is ky and jwt-decode, which have no dependencies', () => {
    expect({
      declared: Object.keys(own?.dependencies ?? {}).sort(),
      installed: names(one => !one.dev && !one.devOptional && !one.peer),
      dependencies: ['ky', 'jwt-decode'].flatMap(name =>
        Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {}),
      ),
    }).toEqual({ declared: ['jwt-decode', 'ky'], installed: ['jwt-decode', 'ky'], dependencies: [] })
  })

  test('runs no script when it is installed', () => {
    const { scripts } = readJson('package.json')
    expect(['preinstall', 'install', 'postinstall', 'prepare'].filter(name => name in scripts)).toEqual([])
  })
})

describe('the packages that build and test the library', () => {
  test('have a checksum each in the lock file', () => {
    expect(names(one => !one.integrity)).toEqual([])
  })

  test('run no scripts when they are installed, but for the two that place their own binary', () => {
    expect(names(one => one.hasInstallScript)).toEqual(['esbuild', 'node'])
  })
})
