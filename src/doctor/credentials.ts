import type { StdinSecret } from './arguments.ts'
import { valuesIn } from './cookie-jar.ts'
import type { Redaction } from './redaction.ts'
import type { Credentials } from './settings.ts'
import { assertUsage, UsageError } from './usage-error.ts'

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>
  readStdin(): Promise<string>
}

const variables = ['REFRESH_TOKEN', 'ACCESS_TOKEN', 'COOKIE', 'LOGIN']

const linesOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')

/** A token is one word. The platform's error for a value that no header can carry would quote it. */
const isToken = (text: string) => /^[\x21-\x7e]+$/.test(text)

const stringsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : []

function parseSecretJson(text: string, name: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // The error would quote it.
  }
  throw new UsageError(`${name} must be a JSON object.`)
}

/** Reads the secrets, and has them cut out of everything that is printed. @throws UsageError, quoting nothing */
export async function readCredentials(
  { env, readStdin }: SecretSources,
  stdin: StdinSecret | null,
  redaction: Redaction,
): Promise<Credentials> {
  const piped = stdin === null ? '' : await readStdin()
  assertUsage(stdin === null || piped.trim() !== '', `\`--${stdin}-stdin\`: standard input is empty.`)
  const given = (name: StdinSecret, variable: string) => (stdin === name ? piped : env[variable])
  const refreshTokens = linesOf(given('refresh-token', 'LATCHKEY_REFRESH_TOKEN'))
  const cookies = linesOf(given('cookie', 'LATCHKEY_COOKIE')).map(line => line.replace(/^cookie:\s*/i, ''))
  const accessToken = given('access-token', 'LATCHKEY_ACCESS_TOKEN')?.trim() || null
  const login = given('login', 'LATCHKEY_LOGIN')?.trim() || null
  const key = env['LATCHKEY_DPOP_KEY']?.trim() || null

  for (const secret of [...refreshTokens, ...cookies.flatMap(valuesIn), accessToken, login]) redaction.hide(secret)
  assertUsage(
    refreshTokens.every(isToken),
    'A refresh token has spaces or other characters that no token has. Give one a line.',
  )
  assertUsage(accessToken === null || isToken(accessToken), 'The access token has characters that no header can carry.')
  assertUsage(
    cookies.every(line => /^[\x20-\x7e]+$/.test(line) && line.includes('=')),
    'A cookie must be written as name=value; several of one session are joined by "; ".',
  )
  if (login) for (const text of stringsIn(parseSecretJson(login, 'LATCHKEY_LOGIN'))) redaction.hide(text)
  const dpopKey = key === null ? null : (parseSecretJson(key, 'LATCHKEY_DPOP_KEY') as JsonWebKey)
  redaction.hide(dpopKey?.d)
  const hasEmpty = variables.some(name => env[`LATCHKEY_${name}`]?.trim() === '')
  return { refreshTokens, cookies, accessToken, login, dpopKey, hasEmpty }
}
