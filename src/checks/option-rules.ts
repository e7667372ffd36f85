import { check, factoryName } from '../errors.ts'

/** What a value must be, and what to write instead. `undefined` is right, unless the option is required. */
export type OptionRule = readonly [isRight: (value: unknown) => unknown, instead: string, required?: 'required']

/** The options of one function: a rule for each, so that the compiler finds an option without one. */
export type OptionRules<Options extends object> = Readonly<Record<keyof Options, OptionRule>>

export const isOptions = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isFlag = (value: unknown): boolean => typeof value === 'boolean'
export const isFunction = (value: unknown): boolean => typeof value === 'function'
export const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
export const isUrl = (value: unknown): boolean => isText(value) || 'href' in Object(value)
export const has = (value: unknown, ...methods: readonly string[]): boolean =>
  methods.every(name => isFunction(Object(value)[name]))

export const aText: OptionRule = [isText, 'a string']
export const aFlag: OptionRule = [isFlag, 'true or false']

/** The same for `token_endpoint` and `tokenEndpoint`. */
const plainName = (name: string): string => name.replace(/[_-]/g, '').toLowerCase()

/** Whether two names differ in two letters at most, side by side: missing, too many, wrong or swapped. */
function isNear(one: string, other: string): boolean {
  const shorter = Math.min(one.length, other.length)
  let start = 0
  while (start < shorter && one[start] === other[start]) start += 1
  let end = 0
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end += 1
  return Math.max(one.length, other.length) - start - end <= (one.length > 4 ? 2 : 0)
}

/** The right name for a wrong one. The last word of each of `known` is compared: the others may say where the name belongs. */
export function findName(wrong: string, known: readonly string[]): string | undefined {
  const name = plainName(wrong)
  return known.find(right => isNear(name, plainName(/[\w-]+(?=\W*$)/.exec(right)?.[0] ?? '')))
}

/** Where else names may belong. */
export interface NameSources {
  /** Names, each perhaps within the place where it belongs: `limits: { leewayMs: … }`. @default the known ones */
  readonly places?: () => readonly string[]
  /** Names of other libraries, in lower case, and what to write instead. */
  readonly foreign?: Readonly<Record<string, string>>
  /** Called for a name that is near none, where others may know it. */
  readonly onUnknown?: ((name: string) => void) | undefined
  /** What stands before a name in a message. @example 'limits.' */
  readonly within?: string
}

/** @throws ConfigurationError for a name that is not known: it says the right one, or all */
export function checkNames(
  given: object,
  known: readonly string[],
  { places = () => known, foreign, onUnknown, within = '' }: NameSources = {},
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue
    const right = foreign?.[plainName(name)] ?? findName(name, places())
    if (right || !onUnknown)
      check(false, within + name, `write ${right ? `\`${right}\`` : `one of ${known.join(', ')}`}`)
    else onUnknown(name)
  }
}

/** @throws ConfigurationError for a wrong value, for a required one that is missing, and for a factory that was not called */
export function checkValues(given: object, rules: Readonly<Record<string, OptionRule>>, within = ''): void {
  for (const [name, [isRight, instead, required]] of Object.entries(rules)) {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    const isGood = value === undefined ? !required : isRight(value)
    // One that was written in this place is named after the option.
    const uncalled =
      typeof value === 'function' && (factoryName(value) ?? (!isGood && value.name !== name && value.name))
    check(isGood && !uncalled, within + name, uncalled ? `call the function: \`${uncalled}(…)\`` : `write ${instead}`)
  }
}

/**
 * Checks names and values of the options of one function. Left out, or `null`, they are none.
 * @throws ConfigurationError that names the option and says what to write instead
 */
export function checkOptions<Options extends object>(
  given: Options | null | undefined,
  rules: OptionRules<Options>,
  within = '',
): void {
  const options: unknown = given ?? {}
  const known = Object.keys(rules)
  check(isOptions(options), 'options', `write an object: \`{ ${known[0]}: … }\``)
  checkNames(options, known, { within })
  checkValues(options, rules, within)
}

/** @throws ConfigurationError for what is no client: a session, for example, or `undefined` */
export const checkClient = (client: unknown): void =>
  check(has(Object(client).session, 'on'), 'client', 'write what `createClient` returned')
