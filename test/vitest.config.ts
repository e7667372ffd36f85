import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumLaunch, firefoxLaunch } from './support/browser-launch.ts'
import { fuzzServer } from './support/fuzz-server.ts'
import { plainSummary } from './support/plain-summary.ts'
import { SlowestFirst } from './support/slowest-first.ts'
import { webkitGtk } from './support/webkitgtk.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Tests of the source see it under the package's own name, as tsconfig's `paths` say. */
const source = {
  alias: [
    { find: /^latchkey$/, replacement: `${root}src/index.ts` },
    { find: /^latchkey\/(.*)$/, replacement: `${root}src/$1.ts` },
    // A recipe for Nuxt, which is not installed.
    { find: '#imports', replacement: `${root}test/support/nuxt-like.ts` },
  ],
}
/** In real browsers it is the built package that must hold. */
const built = {
  alias: [
    { find: /^latchkey$/, replacement: `${root}dist/index.js` },
    { find: /^latchkey\/(.*)$/, replacement: `${root}dist/$1.js` },
  ],
}

/** What an engine's project has besides its browser. Dependencies are named, since one that is found late reloads the page. */
const inEngine = { plugins: [fuzzServer()], optimizeDeps: { include: ['fast-check', 'ky', 'jwt-decode'] } }

/**
 * Groups run one after another. The engines' tests are the first, a browser at a time: of two that start together on a busy machine
 * one may not be there in time. All others are one group, three files at a time on two cores: two drive pages, which wait most of
 * their time, and the third does not (`slowest-first.ts`).
 */
const order = { chromium: 0, firefox: 1, webkit: 2, others: 3 }

/** Unit tests that replace a module, or leave a server behind: each in a worker of its own. */
const ownWorker = ['test/unit/testing/test-client.test.ts', 'test/unit/doctor/demo-server.test.ts']

const { FUZZ_RUNS, FUZZ_SEED } = process.env
const engine = {
  include: ['test/browser/engine/**/*.test.ts'],
  testTimeout: 30_000,
  hookTimeout: 30_000,
  maxWorkers: 2,
  provide: { fuzz: { runs: FUZZ_RUNS ? Number(FUZZ_RUNS) : null, seed: FUZZ_SEED ? Number(FUZZ_SEED) : null } },
}
// Vitest's UI is on by default only outside CI, and what is asked of a provider differs by it.
const browser = { enabled: true, headless: true, screenshotFailures: false, ui: false } as const

export default defineConfig({
  root,
  test: {
    reporters: ['default', plainSummary()],
    allowOnly: false,
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: 3,
    // Node's own `fetch` rejects a promise of its own when a body is cancelled while its last part arrives; ky alone shows it, too.
    onUnhandledError: ({ message, stack = '' }) => {
      const isOfNode = !/\.(ts|js|mjs|cjs):\d/.test(stack.replaceAll(/node:internal\S*/g, ''))
      return !(isOfNode && message.includes('ReadableStream is already closed'))
    },
    sequence: { sequencer: SlowestFirst },
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      {
        extends: true,
        resolve: source,
        test: {
          name: 'node',
          include: ['test/{behaviour,model,fuzz,recipes,attacks}/**/*.test.ts', ...ownWorker],
          // Ten thousand requests on a busy machine.
          testTimeout: 30_000,
          sequence: { groupOrder: order.others },
        },
      },
      {
        extends: true,
        resolve: source,
        test: {
          name: 'unit',
          include: ['test/{unit,contracts}/**/*.test.ts'],
          exclude: ownWorker,
          // For so many small files, a new worker and its imports take longer than the tests. What a file leaves behind meets the next.
          isolate: false,
          setupFiles: ['test/support/leave-nothing-behind.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: order.others },
        },
      },
      {
        extends: true,
        resolve: source,
        test: {
          name: 'reliability',
          include: ['test/reliability/**/*.test.ts'],
          // In real time, with the deadlines of the library: beside files that keep both cores busy they are missed.
          maxWorkers: 2,
          sequence: { groupOrder: order.webkit },
        },
      },
      {
        extends: true,
        resolve: source,
        test: {
          name: 'dom',
          environment: './test/support/happy-dom-native-fetch.ts',
          include: ['test/dom/**/*.test.{ts,tsx}'],
          sequence: { groupOrder: order.others },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/{package,load}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: order.others },
        },
      },
      {
        extends: true,
        resolve: built,
        ...inEngine,
        test: {
          ...engine,
          name: 'chromium',
          sequence: { groupOrder: order.chromium },
          browser: {
            ...browser,
            provider: playwright({ launchOptions: chromiumLaunch }),
            instances: [{ browser: 'chromium', name: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        resolve: built,
        ...inEngine,
        test: {
          ...engine,
          name: 'firefox',
          sequence: { groupOrder: order.firefox },
          browser: {
            ...browser,
            provider: playwright({ launchOptions: firefoxLaunch }),
            instances: [{ browser: 'firefox', name: 'firefox' }],
          },
        },
      },
      {
        extends: true,
        resolve: built,
        ...inEngine,
        test: {
          ...engine,
          name: 'webkit',
          sequence: { groupOrder: order.webkit },
          browser: {
            ...browser,
            headless: false, // under Xvfb; MiniBrowser has no headless mode
            provider: webkitGtk(),
            instances: [{ browser: 'webkit', name: 'webkit' }],
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: ['test/browser/pages/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 90_000,
          // Of the tests of one file that may run beside others.
          maxConcurrency: 4,
          sequence: { groupOrder: order.others },
        },
      },
    ],
  },
})
