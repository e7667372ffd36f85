// Without a router: the guard is a component. For React 18, too.
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { LoginPage } from '../../../../demo/recipes/react/LoginPage.tsx'
import { RequireSession } from '../../../../demo/recipes/react/RequireSession.tsx'
import { api, base, placeOf, show } from '../page.ts'
import { Layout } from './parts.tsx'

function App() {
  const [path, setPath] = useState(location.pathname + location.search)
  const navigate = (to: string) => {
    history.pushState(null, '', to)
    setPath(to)
  }
  const { pathname, searchParams } = new URL(path, location.origin)
  const page = pathname.slice(base.length)
  return (
    <Layout api={api} note={show}>
      {page === '/login' && <LoginPage api={api} returnTo={searchParams.get('returnTo')} navigate={navigate} />}
      {page === '/private' && (
        <RequireSession
          api={api}
          onSignedOut={returnTo => navigate(`${base}/login?${new URLSearchParams({ returnTo })}`)}
        >
          <p>private{searchParams.get('page')}</p>
        </RequireSession>
      )}
    </Layout>
  )
}

createRoot(placeOf()).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
