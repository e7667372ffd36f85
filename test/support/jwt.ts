const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A JWT that nobody signed. */
export const jwtOf = (claims: unknown): string => `${encode({ alg: 'none' })}.${encode(claims)}.signature`
