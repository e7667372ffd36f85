import type { Person, Shape } from './plan.ts'
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
  return shape === 'issuers' ? { iss: issuerOf(person, shape), sub: 'user-1' } : null
}

/** What a login or a refresh says of its user. */
export function statementOf({ person, id, isLogin }: Issued, shape: Shape): Readonly<Record<string, unknown>> {
  const hasIdToken = isLogin || id % 2 === 0
  const idToken = (sub: string) =>
    hasIdToken ? { idToken: jwtOf({ iss: issuerOf(person, shape), sub }, `id-${id}`) } : {}
  switch (shape) {
    case 'app':
      return isLogin ? { subject: person } : {}
    case 'both':
      return { subject: person }
    case 'numeric':
      return { subject: isLogin ? numbers[person] : String(numbers[person]) }
    case 'app-and-id-token':
      return { ...idToken(`${numbers[person]}`), ...(isLogin && { subject: person }) }
    case 'id-token':
    case 'other-sub':
      return idToken(person)
    case 'issuers':
      return idToken('user-1')
    case 'opaque':
      return {}
  }
}

/** Whether the client can know that a login is of the same user as another. */
export const isNamed = (shape: Shape): boolean => shape !== 'opaque'
