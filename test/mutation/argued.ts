/** Survivors that no test can or should kill, as `describeMutant` writes them, each with its reason. */
export const argued: Readonly<Record<string, string>> = {}
