import { jwtOf } from '../jwt.ts'
import type { DaySettings, User } from './plan.ts'

/** Every token of these days has this in it, and nothing else has. */
export const secret = /sEcReT/

/** One login at the shell: from a sign-in to a sign-out, or to the next user's sign-in. */
export interface Family {
  readonly number: number
  readonly user: User
}

/** What stands in front of `~` can be read by this test alone. */
export const writeToken = ({ user, number }: Family, count: number, names: DaySettings['names']): string =>
  names === 'jwt'
    ? jwtOf({ sub: user, jti: `${user}~${number}~${count}` }).replace('signature', 'sEcReT')
    : `${user}~${number}~${count}~sEcReT`

const read = (token: string): readonly string[] => {
  const [, claims] = token.split('.')
  const text = claims ? JSON.parse(Buffer.from(claims, 'base64url').toString()).jti : token
  return String(text).split('~')
}
export const userOf = (token: string): string => String(read(token)[0])
export const familyOf = (token: string): number => Number(read(token)[1])
export const numberOf = (token: string): number => Number(read(token)[2])
