import { check } from '../errors.ts'
import { pageFetch } from '../platform/fetch.ts'

/** The network below wrappers of a client's own `fetch`: the page's, as it is now. */
export function createUnderlyingFetch(): typeof globalThis.fetch {
  const network = pageFetch()
  let isCalling = false
  return (input, init) => {
    check(!isCalling, 'fetch', "create the client before you replace the page's `fetch`, or write the former one here")
    isCalling = true
    try {
      return network(input, init)
    } finally {
      isCalling = false
    }
  }
}
