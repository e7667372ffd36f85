const Native = globalThis.Promise

/**
 * What zone.js and others put in the place of `Promise`: a class of its own, of which no answer of an async function is an
 * instance. Only as much of it as is used.
 */
export class PromiseLookAlike<Value> implements Promise<Value> {
  readonly [Symbol.toStringTag] = 'Promise'
  readonly #inner: Promise<Value>
  constructor(executor: ConstructorParameters<typeof Promise<Value>>[0]) {
    this.#inner = new Native(executor)
  }
  // biome-ignore lint/suspicious/noThenProperty: it has to be taken for a promise
  then: Promise<Value>['then'] = (fulfilled, rejected) =>
    PromiseLookAlike.resolve(this.#inner.then(fulfilled, rejected))
  catch: Promise<Value>['catch'] = rejected => PromiseLookAlike.resolve(this.#inner.catch(rejected))
  finally: Promise<Value>['finally'] = settled => PromiseLookAlike.resolve(this.#inner.finally(settled))

  static resolve = <Value>(value: Value | PromiseLike<Value>): PromiseLookAlike<Value> =>
    new PromiseLookAlike<Value>(resolve => resolve(value))
  static reject = (reason: unknown) => new PromiseLookAlike<never>((_, reject) => reject(reason))
  static all = (values: Iterable<unknown>) => PromiseLookAlike.resolve(Native.all(values))
  static allSettled = (values: Iterable<unknown>) => PromiseLookAlike.resolve(Native.allSettled(values))
  static race = (values: Iterable<unknown>) => PromiseLookAlike.resolve(Native.race(values))
}
