import type { Reporter, TestModule } from 'vitest/node'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const countTests = (testModules: readonly TestModule[]): Counts => {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const testModule of testModules) {
    // A file that cannot be loaded, or a hook that throws, fails without any test of it failing.
    if (testModule.errors().length > 0) counts.failed += 1
    for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1
    for (const test of testModule.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') counts.passed += 1
      else if (state === 'skipped') counts.skipped += 1
      else counts.failed += 1 // failed, or still pending when the run was cut short
    }
  }
  return counts
}

/**
 * Prints `N passed, N failed` as the last line of the run, and lets a skipped test fail it: nothing is left out in silence.
 * Tests that a name filter (`-t`) leaves out are meant to be left out.
 */
export const plainSummary = (): Reporter => {
  let isFiltered = false
  return {
    onInit: vitest => {
      isFiltered = vitest.getGlobalTestNamePattern() !== undefined
    },
    onTestRunEnd: (testModules, unhandledErrors) => {
      const { passed, failed, skipped } = countTests(testModules)
      const line = `${passed} passed, ${failed + unhandledErrors.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
      if (skipped > 0 && !isFiltered) process.exitCode = 1
      // Other reporters and the coverage report print after this hook.
      process.once('exit', () => process.stdout.write(`${line}\n`))
    },
  }
}
