import { describe, expect, test } from 'vitest'
import { identifiersOf } from './scenario.ts'
import { scenarios } from './scenarios.ts'

// The larger ones are explored by `npm run model`, all of them by `npm run model -- --deep`.
const small = scenarios.filter(({ size }) => size === 'small')

describe.each([...new Set(small.map(({ group }) => group))])('the model of the refresh: %s', group => {
  const ofGroup = small.filter(scenario => scenario.group === group)
  test.each(ofGroup)(
    '$title: breaks exactly $expect',
    scenario => {
      const result = scenario.explore()
      expect(identifiersOf(result)).toEqual([...scenario.expect].sort())
      expect(result.cut).toBe(false)
      // Half a million states on a busy machine.
    },
    120_000,
  )
})
