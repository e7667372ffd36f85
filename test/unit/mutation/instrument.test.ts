import { expect, test } from 'vitest'
import { argued } from '../../mutation/argued.ts'
import { describeMutant } from '../../mutation/describe-mutant.ts'
import { instrument } from '../../mutation/instrument.ts'

test('Mutants are made of every source file of a room, named by their line, and texts of messages are left out', async () => {
  const { sources, mutants, ignored } = await instrument(['src/http/trusted-origins.ts'])
  expect([...sources.keys()]).toEqual([expect.stringMatching(/src\/http\/trusted-origins\.ts$/)])
  expect(ignored).toBe(4)
  expect(mutants.map(describeMutant)).toContain(
    "src/http/trusted-origins.ts: const isSecure = (url: URL) => ⟦url.protocol === 'https:'⟧ || loopback.test(url.hostname) → false",
  )
})

test('Mutants are made of what stands in a type assertion, too', async () => {
  const { mutants } = await instrument(['src/http/trusted-origins.ts'])
  expect(mutants.map(describeMutant)).toContain(
    'src/http/trusted-origins.ts: .filter(url => ⟦url !== null && isWeb(url)⟧ && (insecure || isSecure(url))) as URL[] → true',
  )
})

test('Every survivor that is argued is a mutant of the source as it is, and has a reason', async () => {
  const files = [...new Set(Object.keys(argued).map(mutant => mutant.split(':', 1)[0] ?? ''))]
  const described = new Set((await instrument(files)).mutants.map(describeMutant))
  expect(Object.keys(argued).filter(mutant => !described.has(mutant))).toEqual([])
  expect(Object.values(argued).filter(reason => !/^[A-Z].*\.$/.test(reason))).toEqual([])
})
