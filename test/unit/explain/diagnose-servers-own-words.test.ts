import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/explain/diagnose.ts'
import { factsWith } from '../../support/explain/facts.ts'
import { apis, gateways } from '../../support/explain/servers-own-words.ts'

describe('diagnose, of a 401 or 403 in the words of', () => {
  test.each([...gateways, ...apis])('%s, names %s first, and nothing else as sure', (_server, code, differences) => {
    const causes = diagnose(factsWith(differences))
    const sure = causes.filter(({ certainty }) => certainty === 'surely').map(cause => cause.code)
    expect({ first: causes[0]?.code, wronglySure: sure.filter(one => one !== code) }).toEqual({
      first: code,
      wronglySure: [],
    })
  })
})
