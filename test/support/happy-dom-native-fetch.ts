import { builtinEnvironments, type Environment } from 'vitest/runtime'

/** happy-dom replaces these with its own; msw and the library's users have the runtime's. */
const nativeNames = [
  'fetch',
  'Request',
  'Response',
  'Headers',
  'FormData',
  'AbortController',
  'AbortSignal',
  'URL',
  'URLSearchParams',
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'Blob',
  'File',
] as const

const environment: Environment = {
  name: 'happy-dom-native-fetch',
  viteEnvironment: 'client',
  async setup(global, options) {
    const native = nativeNames.map(name => [name, Object.getOwnPropertyDescriptor(global, name)] as const)
    const happyDom = builtinEnvironments['happy-dom']
    if (!happyDom?.setup) throw new Error('This Vitest has no happy-dom environment')
    const result = await happyDom.setup(global, options)
    for (const [name, descriptor] of native) if (descriptor) Object.defineProperty(global, name, descriptor)
    return result
  },
}

export default environment
