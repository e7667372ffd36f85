import { protocol } from './rules.ts'
import { type Scenario, say, scenario } from './scenario.ts'

const web = { store: 'torn', stale: true } as const
const mended = { ...web, settle: true, waitOut: true, split: true } as const
const group = 'web storage'

export const webStorageScenarios: readonly Scenario[] = [
  scenario(group, 'reads may lag, no waits', { ...protocol, ...web }, ['I1', 'I6', 'REV']),
  scenario(group, 'one key, a sign-out', { ...protocol, store: 'torn', faults: { out: 1 } }, ['I3']),
  scenario(
    group,
    'with waits and two keys, but no wait before deciding reads',
    { ...protocol, ...mended, waitOut: false },
    ['I1', 'I6', 'REV'],
  ),
  scenario(
    group,
    'with waits and two keys, but no wait after a lease, no Web Locks',
    { ...protocol, ...mended, settle: false, lock: 'none' },
    ['I1', 'I6', 'REV'],
  ),
  scenario(group, 'with waits, but one key, a sign-out', { ...protocol, ...mended, split: false, faults: { out: 1 } }, [
    'I3',
  ]),
  ...(['web', 'none'] as const).flatMap(lock =>
    [
      {},
      { kill: 1 },
      { out: 1 },
      { inOther: 1 },
      { out: 1, inOther: 1 },
      { inSame: 1, inOther: 1 },
      { freeze: 1 },
      { freeze: 1, out: 1 },
    ].map((faults: { freeze?: number }) => {
      const title = `with waits and two keys, lock ${lock}, ${say(faults)}`
      const size = Object.keys(faults).length > 1 ? 'large' : 'small'
      return scenario(group, title, { ...protocol, ...mended, lock, faults }, faults.freeze ? ['I1f'] : [], size)
    }),
  ),
]
