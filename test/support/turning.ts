/** Says one thing the first time it is asked, another after that. */
export const turning = (first: string, then: string) => {
  let asked = 0
  return {
    toString: () => {
      asked += 1
      return asked === 1 ? first : then
    },
  }
}
