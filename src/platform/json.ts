/** JSON that is not there, or was cut or written over by somebody else, is `null`. */
export const parseJson = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string)
  } catch {
    return null
  }
}
