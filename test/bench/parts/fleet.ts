import { createLibraryPolicy, fixedTimer, lifetimeMs, otherWaits } from '../fleet/policies.ts'
import { type Fleet, type Policy, type Scenario, simulate } from '../fleet/simulate.ts'
import { beganAtMs, endedAtMs, type Steps, showSteps, step, stepsIn, sum } from '../fleet/steps.ts'
import { drawPlot } from '../report/plot.ts'
import { figure } from '../report/statistics.ts'
import { table } from '../report/table.ts'
import type { Part } from './part.ts'

interface RunFigures {
  readonly steadyMean: number
  /** Of steady mean: the most in a second, and in the ten seconds that had most, from the moment named in the scenario on. */
  readonly peak: number
  readonly peakOfTen: number
  readonly whileItLasts: number
  /** Seconds from its end until half, and 95 %, of those who had failed were served. */
  readonly recoveredHalf: number | null
  readonly recoveredMost: number | null
  /** Exchanges a second, means over ten seconds. */
  readonly curve: readonly number[]
}
interface Result {
  readonly clients: number
  readonly requestGapMs: number
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, RunFigures>>>>
  /** In the outage, with other waits after a failure than the library's. */
  readonly waits: Readonly<Record<string, RunFigures>>
  /** What leeway, patience and rest do each: by lifetime and kind of failure. */
  readonly steps: Steps
}

const scenariosOf = (mean: number): readonly Scenario[] => {
  const isOn = (atMs: number) => atMs >= beganAtMs && atMs < endedAtMs
  return [
    { name: 'A deploy makes all tokens worthless', refuseAllAtMs: beganAtMs },
    {
      name: 'The token endpoint is down for five minutes',
      capacity: atMs => (isOn(atMs) ? 0 : Number.POSITIVE_INFINITY),
    },
    {
      name: 'The token endpoint manages half of the load for five minutes, and twice the load before and after',
      capacity: atMs => mean * (isOn(atMs) ? 0.5 : 2),
    },
  ]
}

const figuresOf = (fleet: Fleet, policy: Policy, scenario: Scenario): RunFigures => {
  const { perSecond, recoveredAtMs } = simulate(fleet, policy, scenario)
  const seconds = [...perSecond]
  const beganAt = beganAtMs / 1000
  const settledFrom = (scenario.refuseAllAtMs ?? endedAtMs) / 1000
  const steadyMean = sum(seconds.slice(beganAt / 4, beganAt)) / (beganAt * 0.75)
  const curve = seconds
    .filter((_, second) => second % step === 0)
    .map((_, index) => sum(seconds.slice(index * step, index * step + step)) / step)
  const waited = [...recoveredAtMs]
    .filter(atMs => atMs >= endedAtMs)
    .map(atMs => (atMs - endedAtMs) / 1000)
    .sort((left, right) => left - right)
  const late = (share: number) => waited[Math.floor(waited.length * share)] ?? null
  return {
    steadyMean,
    peak: Math.max(...seconds.slice(settledFrom)) / steadyMean,
    peakOfTen: Math.max(...curve.slice(settledFrom / step)) / steadyMean,
    whileItLasts: Math.max(...seconds.slice(beganAt, endedAtMs / 1000)) / steadyMean,
    recoveredHalf: late(0.5),
    recoveredMost: late(0.95),
    curve,
  }
}

const showScenario = (name: string, runs: Readonly<Record<string, RunFigures>>): string => {
  const seconds = (value: number | null) => (value === null ? '–' : `${figure(value)} s`)
  const rows = Object.entries(runs).map(([policy, run]) => [
    policy,
    `${figure(run.steadyMean)}/s`,
    `${figure(run.whileItLasts)} ×`,
    `${figure(run.peak)} ×`,
    `${figure(run.peakOfTen)} ×`,
    seconds(run.recoveredHalf),
    seconds(run.recoveredMost),
  ])
  const heads = ['', 'steady mean', 'peak meanwhile', 'peak after', 'over 10 s', 'half served again', '95 %']
  return `**${name}**\n\n${table(heads, rows)}`
}

const minutesOf = (index: number) => (index * step) / 60

export const fleet: Part<Result> = {
  name: 'fleet',
  title: 'A fleet of a million clients',
  measure: async ({ quick }) => {
    const clients = quick ? 50_000 : 1_000_000
    const requestGapMs = 30_000
    const of: Fleet = { clients, lifetimeMs, durationMs: 3_600_000, requestGapMs, deadlineMs: 10_000, seed: 1 }
    const policies = [createLibraryPolicy('latchkey'), fixedTimer]
    const all = scenariosOf(clients / (lifetimeMs / 1000))
    const run = (scenario: Scenario | undefined, tried: readonly Policy[]) =>
      scenario ? Object.fromEntries(tried.map(policy => [policy.name, figuresOf(of, policy, scenario)])) : {}
    const scenarios = all.map(scenario => [scenario.name, run(scenario, policies)])
    const waits = run(all[1], otherWaits)
    return {
      clients,
      requestGapMs,
      scenarios: Object.fromEntries(scenarios) as Result['scenarios'],
      waits,
      steps: stepsIn(of),
    }
  },
  show: ({ clients, requestGapMs, scenarios, waits, steps }) =>
    [
      `A simulation of ${clients.toLocaleString('en')} clients over a virtual hour. Tokens live ${lifetimeMs / 60_000} minutes, a client sends a request every ${requestGapMs / 1000} s on the average (Poisson), and nobody waits more than 10 s for the token endpoint. When a token is due, how due times differ, and how long a client waits after a failure is asked of latchkey's own code; the other fleet refreshes a minute before the end by a timer and tries again every five seconds. What happens, happens from minute 20 to minute 25.`,
      ...Object.entries(scenarios).map(
        ([name, runs], index) =>
          `${showScenario(name, runs)}\n\n![${name}: exchanges per second over time](performance/fleet-${index + 1}.svg)`,
      ),
      showScenario('The same outage, if latchkey waited otherwise after a failure', waits),
      "How high the load is after an outage follows from one number: each client that fails comes back as often, in a second, as it tries in a second, so the peak over the mean is one more than the number of tries of a client that has failed from the outage's beginning to its end.",
      `What a leeway of five minutes, patience, and a rest after a failure do each, in an outage of five minutes and in a hiccup of one second. *Saw*: the share of all clients of which at least one request failed for want of a token. *Load*: the mean while the outage lasts, over the steady one. *Costs*: the exchanges beyond the steady ones from its beginning to five minutes after its end, in seconds of steady load.`,
      ...Object.entries(steps).map(([name, found]) => showSteps(name, found)),
    ].join('\n\n'),
  plot: ({ scenarios }) =>
    Object.fromEntries(
      Object.entries(scenarios).map(([name, runs], index) => [
        `fleet-${index + 1}.svg`,
        drawPlot({
          title: name,
          xLabel: 'minutes',
          yLabel: 'exchanges per second',
          logY: true,
          lines: Object.entries(runs).map(([policy, { curve }]) => ({
            name: policy,
            points: curve.map((perSecond, place) => [minutesOf(place), Math.max(1, perSecond)] as const),
          })),
          span: { from: 20, to: index === 0 ? 20 : 25, label: index === 0 ? 'deploy' : 'meanwhile' },
        }),
      ]),
    ),
}
