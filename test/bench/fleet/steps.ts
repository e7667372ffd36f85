import { table } from '../report/table.ts'
import { lifetimeMs, stepsOf } from './policies.ts'
import { type Fleet, type Policy, simulate } from './simulate.ts'

/** What one measure does, or costs. */
interface StepFigures {
  readonly perHour: number
  /** Shares of all clients of which a request failed. */
  readonly sawOutage: number
  readonly sawHiccup: number
  /** Of steady mean: the load while the outage lasts, and the most in ten seconds after it. */
  readonly during: number
  readonly peakAfter: number
  /** What the outage, and the hiccup, cost besides: exchanges, in seconds of steady load. */
  readonly outageCosts: number
  readonly hiccupCosts: number
}
/** By lifetime and kind of failure, then by measure. */
export type Steps = Readonly<Record<string, Readonly<Record<string, StepFigures>>>>

export const beganAtMs = 1_200_000
export const endedAtMs = 1_500_000
export const step = 10

export const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

const hiccupMs = 1000
const lifetimesMs = [3_600_000, lifetimeMs, 300_000]

const stepOf = (fleet: Fleet, policy: Policy, isUntouched: boolean): StepFigures => {
  const downFor = (ms: number) => {
    const isDown = (atMs: number) => atMs >= beganAtMs && atMs < beganAtMs + ms
    const capacity = (atMs: number) => (isDown(atMs) ? 0 : Number.POSITIVE_INFINITY)
    const { perSecond, sawIt } = simulate(fleet, policy, { name: '', capacity, isUntouched })
    const [began, ended] = [beganAtMs / 1000, (beganAtMs + ms) / 1000]
    const load = (from: number, to: number) => sum(perSecond.slice(from, to)) / (to - from)
    const mean = load(began / 4, began)
    const after = Array.from({ length: 60 }, (_, index) => load(ended + index * step, ended + (index + 1) * step))
    const costs = (load(began, ended + 300) / mean - 1) * (ended + 300 - began)
    const saw = sawIt / fleet.clients
    return { mean, saw, during: load(began, ended) / mean, peakAfter: Math.max(...after) / mean, costs }
  }
  const [outage, hiccup] = [downFor(endedAtMs - beganAtMs), downFor(hiccupMs)]
  return {
    perHour: (outage.mean * 3600) / fleet.clients,
    sawOutage: outage.saw,
    sawHiccup: hiccup.saw,
    during: outage.during,
    peakAfter: outage.peakAfter,
    outageCosts: outage.costs,
    hiccupCosts: hiccup.costs,
  }
}

export const stepsIn = (fleet: Fleet): Steps =>
  Object.fromEntries(
    lifetimesMs.flatMap(livesMs =>
      [true, false].map(isUntouched => [
        `Tokens of ${livesMs / 60_000} minutes, ${isUntouched ? 'a 503' : 'no answer'}`,
        Object.fromEntries(
          stepsOf(livesMs).map(policy => [
            policy.name,
            stepOf({ ...fleet, lifetimeMs: livesMs, durationMs: 2_400_000 }, policy, isUntouched),
          ]),
        ),
      ]),
    ),
  )

export const showSteps = (name: string, steps: Readonly<Record<string, StepFigures>>): string => {
  const share = (value: number) => `${(value * 100).toFixed(value && value < 0.01 ? 3 : 1)} %`
  const rows = Object.entries(steps).map(([policy, found]) => [
    policy,
    found.perHour.toFixed(2),
    share(found.sawOutage),
    `${found.during.toFixed(1)} ×`,
    `${found.peakAfter.toFixed(1)} ×`,
    `${found.outageCosts.toFixed(0)} s`,
    share(found.sawHiccup),
    `${found.hiccupCosts.toFixed(1)} s`,
  ])
  const heads = ['', 'refreshes/h', 'saw the outage', 'load', 'peak after', 'costs', 'saw the hiccup', 'costs']
  return `**${name}**\n\n${table(heads, rows)}`
}
