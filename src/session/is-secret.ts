/**
 * Whether a claim is named like a token, or is a JWT or JWE (the base64url of `{"` is `eyJ`): some servers send tokens with the
 * user's data.
 */
export const isSecret = (name: string, value: unknown): boolean =>
  /(access|refresh|^id|_id)_?token$/i.test(name) || (typeof value === 'string' && /^eyJ[\w-]*\.[\w-]*\./.test(value))
