/** 128 random bits. `crypto.randomUUID` is missing in insecure contexts; `getRandomValues` is not. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
