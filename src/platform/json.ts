/** Parses JSON; `null` if it is missing or invalid. */
export const parseJson = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string)
  } catch {
    return null
  }
}

/** A text that says something; `null` if the value is none. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
