import fc from 'fast-check'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What somebody else may have put in the place of any member: another type, another range, a text that no header can carry. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<Json>(null, {}, [], '', 'line\nend', -1, 1.5, 1e300, 2 ** 53, true, '__proto__', { __proto__: null }),
)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Every way to a member, however deep. */
const pathsOf = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, member]) => [[...path, name], ...pathsOf(member, [...path, name])])
    : []

const replace = (value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown => {
  if (name === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  if (rest.length === 0 && by === undefined) delete copy[name]
  else if (name in copy) copy[name] = replace(copy[name], rest, by)
  return copy
}

/** `record` with one to three of its members replaced by anything, or left out. JSON. */
export const brokenRecords = (record: object): fc.Arbitrary<unknown> => {
  const change = fc.tuple(fc.constantFrom(...pathsOf(record)), fc.oneof(anything, fc.constant(undefined)))
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map(changes => changes.reduce<unknown>((made, [path, by]) => replace(made, path, by), record))
}
