/**
 * How a function body from a test runs in a page: the same in every engine, so values go as JSON in all of them.
 * These are scripts as text, since they run in another program. `args` is what the body sees of its arguments.
 */
const callBody = `
  const AsyncFunction = (async () => {}).constructor
  const outcome = (async () => new AsyncFunction('args', body)(args))().then(
    value => JSON.stringify({ value }),
    error => JSON.stringify({ error: String(error), stack: String(error && error.stack) }),
  )`

/** An expression: a function of `[body, args]` that resolves with the outcome. */
export const runInPage = `async ([body, args]) => {${callBody}
  return outcome
}`

/** A WebDriver script of `id, body, args`: begins, and leaves the outcome in the page. */
export const startInPage = `
  const [id, body, args] = arguments
  const runs = (window.testRuns ??= {})
  runs[id] = null${callBody}
  outcome.then(json => { runs[id] = json })`

/** A WebDriver script of `id`: the outcome, or null while it runs. */
export const readSettled = `
  const runs = window.testRuns
  if (!runs || !(arguments[0] in runs)) return '{"error":"The page was left while the body ran in it"}'
  return runs[arguments[0]]`

/** @throws Error with what was thrown in the page */
export const readOutcome = <T>(json: string): T => {
  const outcome = JSON.parse(json) as { value: T } | { error: string; stack?: string }
  if (!('error' in outcome)) return outcome.value
  throw new Error(`In the page: ${outcome.error}`, { cause: outcome.stack })
}
