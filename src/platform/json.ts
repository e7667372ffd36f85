/** Parses JSON; `null` if it is missing or invalid. */
export const parseJson = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string)
  } catch {
    return null
  }
}

/** The value, if it is a text that is not empty; else `null`. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
