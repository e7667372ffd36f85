/** By shape: where `Promise` was replaced (zone.js), what an async function returns is no instance of it. */
export const isPromise = <Value>(value: Value | Promise<Value>): value is Promise<Value> =>
  typeof (value as Partial<Promise<Value>> | null | undefined)?.then === 'function'
