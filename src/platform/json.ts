/** Parses JSON; `null` if it is missing or invalid. */
export const parseJson = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string)
  } catch {
    return null
  }
}
