import { hostOf } from './questions.ts'

const names: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(staging|stage|stg)\d*$/, 'staging'],
  [/^(dev|develop|development)\d*$/, 'development'],
  [/^(test|testing|qa|uat)\d*$/, 'test'],
  [/^(preprod|preview|sandbox|demo)\d*$/, 'preview'],
]

/** Login services: one host is of every environment, or its tenants are called `dev-…` whatever they are for. */
const hosted =
  /\.((auth0|okta|oktapreview|microsoftonline|b2clogin|ciamlogin|google|amazonaws|amazoncognito|apple)\.com|windows\.net|supabase\.co)$/
const address = /^[\d.]+$/

/** Which environment a host names, by a part of its name; `null`: unknown. */
export function environmentOf(url: string): string | null {
  const host = hostOf(url)
  if (!host?.includes('.') || address.test(host) || hosted.test(host)) return null
  // Its last label is no name: `.test` and `.dev` say nothing.
  const parts = host.split('.').slice(0, -1).join('.').split(/[.-]/)
  return names.find(([pattern]) => parts.some(part => pattern.test(part)))?.[1] ?? 'production'
}
