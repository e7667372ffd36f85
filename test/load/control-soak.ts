import type { Soak, StartSoak } from './soak.ts'

export const controlName = 'the control, which keeps an object and a listener each time'

/** Shows that what the others would leave is found. */
export const controlSoak: StartSoak = async () => {
  const { signal } = new AbortController()
  const kept: object[] = []
  return {
    signal,
    run: async count => {
      for (let turn = 0; turn < count; turn += 1) {
        kept.push({})
        signal.addEventListener('abort', () => kept.length)
      }
    },
    end() {},
  } satisfies Soak
}
