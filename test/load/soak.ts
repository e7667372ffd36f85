/** Something that is done again and again, in Node and in a page alike. */
export interface Soak {
  run(count: number): Promise<void>
  /** Outlives what is run. */
  readonly signal?: AbortSignal
  end(): void
}

export interface SoakPlace {
  /** Where {@link answerLoad} answers. */
  readonly origin: string
  /** Of the session. One of its own for each soak, and so a lock and a channel. */
  readonly name: string
}

export type StartSoak = (place: SoakPlace) => Promise<Soak>

/** One after another. */
export const repeat =
  (once: (turn: number) => unknown) =>
  async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await once(turn)
  }

/** A task of its own, so that timers of 0 ms, messages and events run between two turns. */
export const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve))

export const assertThat = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(`Not as expected: ${what}`)
}
