/** Knows when a callback of the app is running for which requests wait: what it sends must not wait for itself. */
export function createCallbackGuard() {
  let calling = false
  const guard =
    <Argument, Answer>(call: (argument: Argument) => Answer) =>
    (argument: Argument): Answer => {
      const outer = calling
      calling = true
      try {
        return call(argument)
      } finally {
        calling = outer
      }
    }
  return { guard, isInsideCallback: () => calling }
}
