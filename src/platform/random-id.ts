/** 128 random bits in hex. `crypto.randomUUID` is missing in insecure contexts; `getRandomValues` is not. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), word => word.toString(16).padStart(8, '0')).join('')
}
