import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { root } from './project.ts'

/** By measured time. A long file that starts last keeps one core busy while the other has nothing left to do. */
export const slowest: readonly string[] = [
  'test/model/model.test.ts',
  'test/behaviour/virtual-day.test.ts',
  'test/model/steps/same-steps.test.ts',
  'test/reliability/matrix.test.ts',
  'test/behaviour/refresh/one-refresh-for-many-requests.test.ts',
  'test/unit/refresh-protocol/interleavings.test.ts',
  // By turns: files of many pages, which keep the cores busy, and files that wait.
  'test/browser/pages/tabs.expiry.test.ts',
  'test/browser/pages/demo.test.ts',
  'test/browser/pages/tabs.missing.test.ts',
  'test/browser/pages/tabs.people.test.ts',
  'test/browser/pages/demo-keys.test.ts',
  'test/browser/pages/tabs.sleep.test.ts',
  'test/browser/pages/demo-access.test.ts',
  'test/browser/pages/dpop.test.ts',
  'test/browser/pages/tabs.discoveries.test.ts',
  'test/browser/pages/frameworks.test.ts',
  'test/browser/pages/tabs.death.test.ts',
]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = slowest.indexOf(moduleId.replace(root, ''))
  return rank === -1 ? slowest.length : rank
}

/**
 * Starts the slowest files of each group first. Vitest does so by itself once it has seen their times, but a fresh clone
 * has no times, and then it goes by the size of the files.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => groupOf(one) - groupOf(other) || rankOf(one) - rankOf(other))
  }
}
