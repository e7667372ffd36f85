/** What a platform object says of itself, which is in none of its properties. */
function readPlatformObject(value: object): readonly unknown[] {
  if (value instanceof Headers) return [...value].map(String)
  if (value instanceof Request || value instanceof Response) return [value.url, value.headers]
  if (value instanceof Map || value instanceof Set) return [...value]
  if (value instanceof Element) return [value.outerHTML, value.shadowRoot?.innerHTML]
  return []
}

/** Getters are called, as a logger or a debugger does. */
function readProperty(owner: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(owner, key)
  } catch {
    return undefined
  }
}

/** Every text that a script can read of a value, through all that it leads to: `events.3.error.message: …`. */
export function readAll(root: object): string[] {
  const seen = new Set<unknown>()
  const texts: string[] = []
  const queue: [path: string, value: unknown][] = [['', root]]
  for (const [path, value] of queue) {
    if (typeof value === 'string') texts.push(`${path}: ${value}`)
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
    // A page leads to everything. Of its elements only the texts are of interest.
    if (!isObject || seen.has(value) || value === globalThis || value instanceof Document) continue
    seen.add(value)
    for (const [index, part] of readPlatformObject(value).entries()) queue.push([`${path}[${index}]`, part])
    if (value instanceof Node) continue
    for (const key of Reflect.ownKeys(value)) queue.push([`${path}.${String(key)}`, readProperty(value, key)])
    const prototype: unknown = Reflect.getPrototypeOf(value)
    for (const key of prototype === null ? [] : Reflect.ownKeys(prototype as object))
      queue.push([`${path}.${String(key)}`, readProperty(value, key)])
  }
  return texts
}
