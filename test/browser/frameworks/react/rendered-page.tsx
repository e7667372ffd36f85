import { type ComponentProps, Suspense } from 'react'
import { Header, Name, Profile } from './parts.tsx'

/** The same on the server and in the browser. */
export const Page = ({
  withProfile = false,
  ...props
}: ComponentProps<typeof Header> & { readonly withProfile?: boolean }) => (
  <>
    <Header {...props} />
    <Name {...props} />
    {withProfile && (
      <Suspense fallback={<i>waiting</i>}>
        <Profile {...props} />
      </Suspense>
    )}
  </>
)
