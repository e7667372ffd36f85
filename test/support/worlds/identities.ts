import type { Mode, Person, Shape } from './plan.ts'
import type { Issued } from './server.ts'

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Every token, cookie and proof of these worlds has this in it, and nothing else has. */
export const secretMark = 'sEcReT'
export const secret = /sEcReT/

/** A JWT that nobody signed. */
export const jwtOf = (claims: object, id: string): string =>
  `${encode({ alg: 'none' })}.${encode({ ...claims, jti: id })}.${secretMark}`

const numbers: Readonly<Record<Person, number>> = { alice: 17, bob: 23 }
const issuerOf = (person: Person, shape: Shape) =>
  shape === 'issuers' ? `https://${person}.id.test` : 'https://id.test'

/** What stands in the access token; `null`: it is opaque. */
export function accessClaims(person: Person, shape: Shape): object | null {
  if (shape === 'other-sub') return { iss: issuerOf(person, shape), sub: `device of ${person}` }
  if (shape === 'other-issuer') return { iss: 'https://sts.test', sub: person }
  if (shape === 'access-token') return { iss: issuerOf(person, shape), sub: person }
  return shape === 'issuers' ? { iss: issuerOf(person, shape), sub: 'user-1' } : null
}

/** What a login or a refresh says of its user. */
export function statementOf(
  { person, id, isLogin }: Issued,
  { shape, mode }: { readonly shape: Shape; readonly mode: Mode },
): Readonly<Record<string, unknown>> {
  // Of a cookie every response has to say whose it is.
  const hasIdToken = isLogin || id % 2 === 0 || mode === 'cookie'
  const idToken = (sub: string | number) =>
    hasIdToken ? { idToken: jwtOf({ iss: issuerOf(person, shape), sub }, `id-${id}`) } : {}
  const numeric = isLogin ? numbers[person] : String(numbers[person])
  switch (shape) {
    case 'app':
      return isLogin ? { subject: person } : {}
    case 'both':
      return { subject: person }
    case 'numeric':
      return { subject: numeric }
    case 'numeric-sub':
      return idToken(numeric)
    case 'app-and-id-token':
      return { ...idToken(`${numbers[person]}`), ...(isLogin && { subject: person }) }
    case 'id-token':
    case 'other-sub':
    case 'other-issuer':
      return idToken(person)
    case 'issuers':
      return mode === 'bff' ? { subject: 'user-1', iss: issuerOf(person, shape) } : idToken('user-1')
    case 'access-token':
    case 'opaque':
      return {}
  }
}
