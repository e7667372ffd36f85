interface PreciseMemory {
  readonly memory?: { readonly usedJSHeapSize: number }
}
interface Collectable {
  readonly gc?: (options?: { readonly type: 'major' | 'minor' }) => void
}

/** JavaScript's heap in use, in bytes. In a page that is V8's alone: Blink's own objects are not in it. */
export const usedHeap = (): number => {
  const { memory } = performance as PreciseMemory
  return memory ? memory.usedJSHeapSize : process.memoryUsage().heapUsed
}

/** Needs `--expose-gc`. */
export const collect = (): void => {
  const { gc } = globalThis as Collectable
  if (!gc) throw new Error('--expose-gc is missing')
  gc()
}
