import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, engines, openBrowser } from '../../support/browsers.ts'
import { readCauseTable } from '../../support/explain/cause-table.ts'
import { type PageSituation, runSituations, type Told } from '../../support/explain/page.ts'
import { type ExplainServer, startExplainServer } from '../../support/explain/server.ts'
import type { Situation } from '../../support/explain/situation.ts'
import { situations } from '../../support/explain/situations.ts'

let server: ExplainServer
/** All engines at once: a page that waits for servers leaves the machine to the others. */
let runs: ReadonlyMap<Engine, Promise<readonly Told[]>>

beforeAll(async () => {
  server = await startExplainServer(situations)
  runs = new Map(engines.map(engine => [engine, runAll(engine)]))
  await Promise.allSettled(runs.values())
}, 240_000)
afterAll(() => server.close())

const situationsOf = (engine: Engine) => situations.filter(({ only = engine }) => only === engine)

/** All situations in one page of one browser; each has a client, and routes, of its own. */
const runAll = async (engine: Engine): Promise<readonly Told[]> => {
  const browser = await openBrowser(engine)
  try {
    const page = await browser.newPage(`${server.page}/page.html`)
    const given = situationsOf(engine).map((one): PageSituation => {
      const { reply: _ofTheServer, ...situation } = one
      const index = situations.indexOf(one)
      return { ...situation, id: `${engine}-${index}`, folder: server.folderOf(index, engine) }
    })
    return await page.run<readonly Told[]>(runSituations, given)
  } finally {
    await browser.close()
  }
}

/** What is said of a situation, where it is not what it is. */
const misses = (told: readonly Told[], isMiss: (one: Told, wanted: Situation) => boolean): readonly string[] =>
  told.flatMap(one => {
    const wanted = situations.find(({ name }) => name === one.name)
    if (!wanted || !isMiss(one, wanted)) return []
    const said = one.causes.map(({ certainty, code }) => `${certainty} ${code}`)
    return [`${one.name}: ${wanted.code}, not ${said.join(', ') || one.text}`]
  })

const isSaid = ({ causes }: Told, { code }: Situation, among: number) =>
  causes.slice(0, among).some(cause => cause.code === code)

/** It is sure of what is not so. */
const isWronglySure = ({ causes }: Told, { code, also = [] }: Situation) =>
  causes.some(cause => cause.certainty === 'surely' && cause.code !== code && !also.includes(cause.code as never))

test('the situations are over a hundred and thirty, and two or more of each cause', () => {
  const countOf = (code: string) => situations.filter(situation => situation.code === code).length
  const wanted = readCauseTable().filter(({ code }) => code !== 'unknown')
  expect(wanted.filter(({ code }) => countOf(code) < 2)).toEqual([])
  expect(situations.length).toBeGreaterThan(130)
})

describe.each(engines)('explaining in %s, over real servers,', engine => {
  let told: readonly Told[] = []
  beforeAll(async () => {
    told = (await runs.get(engine)) ?? []
  })

  test('tells each cause among the first three, and at least 95 of 100 as the first', () => {
    expect(misses(told, (one, wanted) => !isSaid(one, wanted, 3))).toEqual([])
    const notFirst = misses(told, (one, wanted) => !isSaid(one, wanted, 1))
    expect(notFirst.length, notFirst.join('\n')).toBeLessThanOrEqual(situations.length * 0.05)
  })

  test('is never sure of what is not so', () => {
    expect(misses(told, isWronglySure)).toEqual([])
  })

  test('prints the sentence that the documentation lists for the cause', () => {
    const sentences = new Map(readCauseTable().map(({ code, title }) => [code, title]))
    const unlike = misses(told, ({ causes, text }, { code }) => {
      if (causes[0]?.code !== code) return false
      const certainty = `${causes[0].certainty[0]?.toUpperCase()}${causes[0].certainty.slice(1)}`
      return !text.split('\n').some(line => line === `1. ${certainty}: ${sentences.get(code)} (${code})`)
    })
    expect(unlike).toEqual([])
  })

  test('shows no token, no part of one, and no query', () => {
    const shown = told.filter(({ text, facts }) => /S3cr3t|eyJ|opaque-token/.test(text + facts))
    expect(shown.map(({ name }) => name)).toEqual([])
  })

  test('probes with no token, no cookie and no referrer', () => {
    const probes = server.probes.filter(({ path }) => path.includes(engine))
    expect(probes.length).toBeGreaterThan(10)
    expect(probes.filter(({ brought }) => brought.length > 0)).toEqual([])
  })
})
