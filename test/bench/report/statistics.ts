/** Of one figure, measured in many rounds. */
export interface Summary {
  readonly median: number
  /** Lower and upper quartile: half of all rounds are between them. */
  readonly low: number
  readonly high: number
  readonly least: number
  readonly rounds: number
}

const quantile = (sorted: readonly number[], share: number): number => {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export const summarize = (samples: readonly number[]): Summary => {
  const sorted = [...samples].sort((left, right) => left - right)
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    least: sorted[0] ?? Number.NaN,
    rounds: sorted.length,
  }
}

/** Round by round against the same round of another: what disturbed a round disturbed both. */
export const pairwise = (
  samples: readonly number[],
  others: readonly number[],
  compare: (sample: number, other: number) => number,
): Summary =>
  summarize(samples.slice(0, others.length).map((sample, round) => compare(sample, others[round] ?? Number.NaN)))

/** As many digits as mean anything. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(size >= 10 ? 1 : 2)
}

/** "3.1 (2.9 to 3.4)"; a difference whose quartiles lie on both sides of nothing is no finding. */
export const withSpread = ({ median, low, high }: Summary, sign = ''): string => {
  const text = `${median > 0 ? sign : ''}${figure(median)} (${figure(low)} to ${figure(high)})`
  return sign && low < 0 && high > 0 ? `${text}, noise` : text
}
