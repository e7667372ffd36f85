import { parseArgs } from 'node:util'
import { originProblem } from '../http/trusted-origins.ts'
import { allChecks } from './all-checks.ts'
import { type Settings, type Spend, spends } from './settings.ts'
import { assertUsage, UsageError } from './usage-error.ts'

const options = {
  api: { type: 'string' },
  origin: { type: 'string' },
  'token-endpoint': { type: 'string' },
  'client-id': { type: 'string' },
  parameter: { type: 'string', multiple: true },
  'refresh-endpoint': { type: 'string' },
  cookie: { type: 'boolean' },
  'csrf-header': { type: 'string' },
  'login-endpoint': { type: 'string' },
  'revocation-endpoint': { type: 'string' },
  dpop: { type: 'boolean' },
  'grace-seconds': { type: 'string' },
  spend: { type: 'string' },
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  'timeout-ms': { type: 'string' },
  'refresh-token-stdin': { type: 'boolean' },
  'access-token-stdin': { type: 'boolean' },
  'cookie-stdin': { type: 'boolean' },
  'login-stdin': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export const optionNames: readonly string[] = Object.keys(options)

/** What comes from standard input; `null`: nothing. */
export type StdinSecret = 'refresh-token' | 'access-token' | 'cookie' | 'login'

export interface Command {
  readonly settings: Settings
  readonly stdin: StdinSecret | null
}

type Values = ReturnType<typeof parse>

/** What people try first, and what to do instead. */
const secrets: Readonly<Record<string, string>> = {
  'refresh-token': 'LATCHKEY_REFRESH_TOKEN, or --refresh-token-stdin',
  'access-token': 'LATCHKEY_ACCESS_TOKEN, or --access-token-stdin',
  login: 'LATCHKEY_LOGIN, or --login-stdin',
  password: 'LATCHKEY_LOGIN, or --login-stdin',
  token: 'LATCHKEY_REFRESH_TOKEN, or LATCHKEY_ACCESS_TOKEN',
  'client-secret': 'nothing: a page cannot keep a client secret, so the doctor examines public clients',
  'dpop-key': 'LATCHKEY_DPOP_KEY',
}

function explain(error: unknown): UsageError {
  const { message = '' } = error as Error
  const name = /'(?:-\w, )?--([a-z-]{1,30})[ '=]/.exec(message)?.[1] ?? ''
  if (Object.hasOwn(secrets, name)) {
    return new UsageError(
      `\`--${name}\` is not an option: arguments are kept in the shell's history and shown to other users of the machine. Use ${secrets[name]}.`,
    )
  }
  if (optionNames.includes(name))
    return new UsageError(
      `\`--${name}\` ${options[name as keyof typeof options].type === 'boolean' ? 'takes no value' : 'needs a value'}.`,
    )
  if (name) return new UsageError(`\`--${name}\` is not an option. \`latchkey doctor --help\` lists them.`)
  return new UsageError('There is an argument that is not an option. `latchkey doctor --help` lists them.')
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw explain(error)
  }
}

/** @throws UsageError unless it is https, or http on a loopback host, without user and password */
function readUrl(
  values: Values,
  name: 'api' | 'token-endpoint' | 'refresh-endpoint' | 'login-endpoint' | 'revocation-endpoint',
): URL | null {
  const text = values[name]
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : null
  assertUsage(
    url && /^https?:$/.test(url.protocol),
    `\`--${name}\` must be a whole URL, as in https://api.example.com/me.`,
  )
  assertUsage(url.username === '' && url.password === '', `\`--${name}\` must not hold a user or password.`)
  const problem = originProblem(url.origin)
  assertUsage(
    problem === null,
    `\`--${name}\` must use https; http is for loopback hosts only, because tokens are sent there.`,
  )
  return url
}

/** The longest that Node waits, whose timers fire at once beyond 2^31-1 ms, is 24 days: less is enough. */
const mostSeconds = 86_400

function readNumber(values: Values, name: 'grace-seconds' | 'timeout-ms', fallback: number): number {
  const text = values[name]
  if (text === undefined) return fallback
  const number = Number(text)
  assertUsage(
    text !== '' && number > 0 && number <= (name === 'timeout-ms' ? mostSeconds * 1000 : mostSeconds),
    `\`--${name}\` must be a number above 0, as in ${fallback}, and no more than a day.`,
  )
  return number
}

function readPair(text: string, name: string): readonly [string, string] {
  const at = text.indexOf('=')
  assertUsage(at > 0, `\`--${name}\` must be written as name=value.`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function readIds(values: Values, name: 'only' | 'skip'): readonly string[] {
  const ids = (values[name] ?? []).flatMap(text => text.split(',')).map(id => id.trim())
  const known = allChecks.map(({ id }) => id)
  assertUsage(
    ids.every(id => known.includes(id)),
    `\`--${name}\` names a check that does not exist. The checks are: ${known.join(', ')}.`,
  )
  return ids
}

function readRenewal(values: Values): Settings['renewal'] {
  const [token, refresh] = [readUrl(values, 'token-endpoint'), readUrl(values, 'refresh-endpoint')]
  const isCookie = values.cookie === true
  assertUsage(
    !(token && refresh),
    'Give `--token-endpoint` (OAuth) or `--refresh-endpoint` (JSON or cookie), not both.',
  )
  assertUsage(!(token && isCookie), '`--cookie` goes with `--refresh-endpoint`, not with `--token-endpoint`.')
  assertUsage(!isCookie || refresh, '`--cookie` needs `--refresh-endpoint`, the URL that renews the cookie.')
  assertUsage(!token || values['client-id'], '`--token-endpoint` needs `--client-id`, the id of a public client.')
  if (token) return { mode: 'oauth', endpoint: token }
  return refresh && { mode: isCookie ? 'cookie' : 'json', endpoint: refresh }
}

function readStdin(values: Values): StdinSecret | null {
  const named = (['refresh-token', 'access-token', 'cookie', 'login'] as const).filter(name => values[`${name}-stdin`])
  assertUsage(
    named.length < 2,
    'Only one secret can come from standard input; give the others by environment variables.',
  )
  return named[0] ?? null
}

function readSettings(values: Values): Settings {
  const { origin = null, spend = 'session' } = values
  assertUsage(
    origin === null || originProblem(origin, true) === null,
    '`--origin` must be an origin, as in https://app.example.com.',
  )
  assertUsage(spends.includes(spend as Spend), `\`--spend\` must be one of ${spends.join(', ')}.`)
  const [name, value] = readPair(values['csrf-header'] ?? 'X-Requested-With=latchkey', 'csrf-header')
  assertUsage(
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value),
    '`--csrf-header` must be a header: name=value.',
  )
  return {
    api: readUrl(values, 'api'),
    origin: origin === null ? null : new URL(origin).origin,
    renewal: readRenewal(values),
    clientId: values['client-id'] ?? null,
    parameters: Object.fromEntries((values.parameter ?? []).map(text => readPair(text, 'parameter'))),
    loginEndpoint: readUrl(values, 'login-endpoint'),
    revocationEndpoint: readUrl(values, 'revocation-endpoint'),
    csrfHeader: { name, value },
    dpop: values.dpop === true,
    spend: spend as Spend,
    graceSeconds: readNumber(values, 'grace-seconds', 30),
    // `AbortSignal.timeout` takes whole milliseconds only.
    timeoutMs: Math.ceil(readNumber(values, 'timeout-ms', 10_000)),
    only: readIds(values, 'only'),
    skip: readIds(values, 'skip'),
    yes: values.yes === true,
    json: values.json === true,
    verbose: values.verbose === true,
  }
}

/** @throws UsageError; `null` if the help is wanted */
export function readCommand(args: readonly string[]): Command | null {
  const values = parse(args)
  if (values.help) return null
  const settings = readSettings(values)
  assertUsage(
    settings.api || settings.renewal,
    'Give `--api`, `--token-endpoint` or `--refresh-endpoint`: there is nothing to examine.',
  )
  return { settings, stdin: readStdin(values) }
}
