import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { api, placeOf, show } from '../page.ts'
import { Page } from './rendered-page.tsx'

// What breaks most: the page knows the session before it hydrates what the server rendered without it.
await api.session.ready()
hydrateRoot(
  placeOf(),
  <StrictMode>
    <Page api={api} note={show} withProfile={location.pathname.endsWith('/profile')} />
  </StrictMode>,
  {
    onRecoverableError: error => window.complaints.push(`recovered: ${(error as Error).message.replaceAll('\n', ' ')}`),
  },
)
