import { useSession, useSuspenseSession } from 'latchkey/react'
import type { ReactNode } from 'react'
import type { Client } from '../../../../src/client/client.ts'

interface WithApi {
  readonly api: Pick<Client, 'session'>
  readonly note?: (text: string) => string
}

const same = (text: string) => text

export function Header({ api, note = same }: WithApi) {
  const { status, subject } = useSession(api)
  return <header>{note(`${status} ${subject}`)}</header>
}

/** With a selector that makes an object, as written inline. */
export function Name({ api }: WithApi) {
  const { name } = useSession(api, ({ subject }) => ({ name: subject }))
  return <b>{name}</b>
}

export function Profile({ api }: WithApi) {
  return <section>{useSuspenseSession(api).subject ?? 'nobody'}</section>
}

export const Layout = ({ api, note, children }: WithApi & { readonly children?: ReactNode }) => (
  <>
    <Header api={api} {...(note && { note })} />
    <Name api={api} />
    <main>{children}</main>
  </>
)
