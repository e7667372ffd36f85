import type { replaceOption } from 'ky'
import { warnOnce } from '../errors.ts'
import type { OtherNames } from './check-options.ts'

/**
 * The options of ky (a test compares them with ky's own list) and of `fetch`, and what runtimes add to those: Node's `dispatcher`,
 * Next.js' `next`, Cloudflare's `cf`.
 */
const names = /* @__PURE__ */ (
  'auth replay baseUrl prefix fetch json parseJson stringifyJson searchParams retry timeout totalTimeout hooks context ' +
  'throwHttpErrors onDownloadProgress onUploadProgress method headers body mode credentials cache redirect referrer ' +
  'referrerPolicy integrity keepalive signal window duplex priority dispatcher next cf'
).split(' ')

const onUnknown = (name: string): void =>
  warnOnce(`\`${name}\` is no option of latchkey or ky. It is only passed to \`fetch\`.`)

/** ky passes names that it does not know to `fetch`, which may be newer than this list. An app's own may know any. */
export const namesFor = (ownFetch: unknown): OtherNames => ({ names, onUnknown: ownFetch ? () => {} : onUnknown })

let mark: symbol | undefined

/** Whether an option was made by `replaceOption`. Only ky can read it. */
export function isReplacing(options: object = {}, replace: typeof replaceOption): boolean {
  mark ??= Object.getOwnPropertySymbols(replace(null))[0] as symbol
  return Object.values(options).some(value => (mark as symbol) in Object(value))
}
