import fc from 'fast-check'
import { commonValues, type FetchValues, type Makers } from './fetch-values.ts'

const nameIn = (table: object) => fc.constantFrom(...Object.keys(table))

/** A call by names: what is made of it is made anew each time. */
export interface FetchCall {
  readonly input: readonly [kind: 'text', wrapper: string, text: string] | readonly [kind: 'other', name: string]
  readonly init:
    | { readonly shape: string; readonly members: Readonly<Record<string, string | undefined>> }
    | string
    | undefined
}

export interface FetchCalls {
  readonly fetchCall: fc.Arbitrary<FetchCall>
  /** The arguments, made anew; what cannot even be made is thrown. */
  makeArguments(call: FetchCall, origin: string): readonly [input: unknown, init: unknown]
}

const anyOf = (values: FetchValues): fc.Arbitrary<FetchCall> => {
  const { paths, texts, wrappers, others, members, shapes, inits } = values
  const wrapper = nameIn(wrappers)
  return fc.record({
    input: fc.oneof(
      { arbitrary: fc.tuple(fc.constant('text' as const), wrapper, nameIn(texts)), weight: 5 },
      { arbitrary: fc.tuple(fc.constant('text' as const), wrapper, fc.constantFrom(...paths)), weight: 10 },
      { arbitrary: fc.tuple(fc.constant('other' as const), nameIn(others)), weight: 1 },
    ),
    init: fc.oneof(
      {
        arbitrary: fc.record({
          shape: fc.oneof({ arbitrary: fc.constant('plain'), weight: 3 }, nameIn(shapes)),
          members: fc.record(
            Object.fromEntries(Object.entries(members).map(([name, table]) => [name, nameIn(table)])),
            {
              requiredKeys: [],
            },
          ),
        }),
        weight: 6,
      },
      // Most of what is drawn at random is wrong somewhere; of these more is right.
      {
        arbitrary: fc.record({
          shape: nameIn(shapes),
          members: fc.record(
            {
              method: fc.constantFrom('method POST', 'method PUT', 'method patch'),
              body: nameIn(members['body'] ?? {}),
              headers: fc.constantFrom('a record', 'pairs', 'Headers'),
              duplex: fc.constant('half'),
            },
            { requiredKeys: ['method', 'duplex'] },
          ),
        }),
        weight: 6,
      },
      { arbitrary: nameIn(inits), weight: 2 },
      { arbitrary: fc.constant('nothing'), weight: 3 },
    ),
  })
}

const made = (table: Makers, name: string, origin: string) => table[name]?.(origin)

export const createFetchCalls = (values: FetchValues = commonValues): FetchCalls => {
  const { texts, wrappers, others, members, shapes, inits } = values
  return {
    fetchCall: anyOf(values),
    makeArguments({ input, init }, origin) {
      const target =
        input[0] === 'other'
          ? made(others, input[1], origin)
          : wrappers[input[1]]?.(String(made(texts, input[2], origin)))
      if (typeof init !== 'object') return [target, made(inits, String(init), origin)]
      const given = Object.fromEntries(
        Object.entries(init.members).map(([name, value]) => [name, made(members[name] ?? {}, String(value), origin)]),
      )
      return [target, shapes[init.shape]?.(given)]
    },
  }
}
