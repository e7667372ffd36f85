/** One subject of the benchmark: measured, kept as JSON, shown from the JSON. */
export interface Part<Result = unknown> {
  /** File name of its JSON in docs/performance. */
  readonly name: string
  readonly title: string
  readonly measure: (options: MeasureOptions) => Promise<Result>
  /** Markdown. */
  show(result: Result): string
  /** SVG by file name. */
  plot?(result: Result): Readonly<Record<string, string>>
}

export interface MeasureOptions {
  /** A few rounds and small sizes: whether it runs at all, not how fast. */
  readonly quick: boolean
}
