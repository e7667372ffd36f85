import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { root } from './project.ts'

/** Files that take long, with about how many seconds. A long file that starts last keeps one core busy while the other has nothing left to do. */
export const slowest: Readonly<Record<string, number>> = {
  'test/model/model.test.ts': 30,
  'test/model/steps/same-steps.test.ts': 30,
  'test/load/leaks.test.ts': 25,
  'test/behaviour/refresh/one-refresh-for-many-requests.test.ts': 20,
  'test/behaviour/virtual-day.test.ts': 20,
  'test/package/testing.test.ts': 15,
  'test/unit/refresh-protocol/interleavings.test.ts': 15,
  'test/package/faces.test.ts': 12,
  'test/package/documents.test.ts': 11,
  'test/behaviour/circuit-breaker/five-second-tokens.test.ts': 10,
  'test/behaviour/leaks/no-token-leaks.test.ts': 10,
  // Of the pages by turns those that keep the cores busy, and those that wait.
  'test/browser/pages/tabs.sleep.test.ts': 108,
  'test/browser/pages/demo.test.ts': 107,
  'test/browser/pages/tabs.discoveries.test.ts': 67,
  'test/browser/pages/demo-keys.test.ts': 97,
  'test/browser/pages/tabs.people.test.ts': 61,
  'test/browser/pages/frameworks.test.ts': 84,
  'test/browser/pages/tabs.expiry.test.ts': 48,
  'test/browser/pages/demo-access.test.ts': 74,
  'test/browser/pages/tabs.missing.test.ts': 38,
  'test/browser/pages/leaks.test.ts': 51,
  'test/browser/pages/tabs.death.test.ts': 40,
  'test/browser/pages/demo-picture.test.ts': 44,
  'test/browser/pages/reliability.test.ts': 30,
  'test/browser/pages/bodies.test.ts': 45,
  'test/browser/pages/engines.test.ts': 42,
  'test/browser/pages/dpop.test.ts': 40,
  'test/browser/pages/shared-memory.test.ts': 38,
  'test/browser/pages/audiences.test.ts': 30,
}

const pathOf = ({ moduleId }: TestSpecification): string => moduleId.replace(root, '')
const isOfPages = (file: TestSpecification): boolean => file.project.name === 'pages'

/** Of a file that is not named: most take less than a second, and as much until they have begun. */
const secondsOf = (file: TestSpecification): number => slowest[pathOf(file)] ?? (isOfPages(file) ? 20 : 1)

const order = Object.keys(slowest)
const rankOf = (file: TestSpecification): number => {
  const rank = order.indexOf(pathOf(file))
  return rank === -1 ? order.length : rank
}

/**
 * Puts the files that drive pages among the others, so that of three files at a time two drive pages: these wait most of their
 * time, and the third uses it.
 */
export function amongEachOther<Of>(pages: readonly Of[], others: readonly Of[], seconds: (file: Of) => number): Of[] {
  const mixed: Of[] = []
  const [left, right] = [pages.values(), others.values()]
  let [page, other] = [left.next(), right.next()]
  let [pagesEndAt, othersEndAt] = [0, 0]
  while (!page.done || !other.done) {
    if (!page.done && (other.done || pagesEndAt <= othersEndAt)) {
      mixed.push(page.value)
      pagesEndAt += seconds(page.value) / 2
      page = left.next()
    } else if (!other.done) {
      mixed.push(other.value)
      othersEndAt += seconds(other.value)
      other = right.next()
    }
  }
  return mixed
}

/**
 * Starts the slowest files of each group first. Vitest does so by itself once it has seen their times, but a fresh clone
 * has no times, and then it goes by the size of the files.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const sorted = (await super.sort(files)).toSorted((one, two) => rankOf(one) - rankOf(two))
    const [pages, others] = [sorted.filter(isOfPages), sorted.filter(file => !isOfPages(file))]
    return amongEachOther(pages, others, secondsOf).toSorted((one, two) => groupOf(one) - groupOf(two))
  }
}
