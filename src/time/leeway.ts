/** How long before its end a token is expiring: `share` of `maxMs`, and at most of a quarter of its lifetime. */
export interface Leeway {
  readonly maxMs: number
  readonly share: number
}

/** The share of the leeway that a client uses, so that clients that signed in together do not refresh together. */
export const leewayShareOf = (random: number): number => 0.5 + random / 2

export const leewayMs = ({ maxMs, share }: Leeway, lifetimeMs: number): number =>
  Math.min(maxMs, lifetimeMs / 4) * share
