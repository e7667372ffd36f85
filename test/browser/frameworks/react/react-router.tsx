import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserRouter, Outlet, useNavigate, useSearchParams } from 'react-router'
import { RouterProvider } from 'react-router/dom'
import { LoginPage } from '../../../../demo/recipes/react/LoginPage.tsx'
import { leaveWhenEnded, requireSession } from '../../../../demo/recipes/react/react-router.ts'
import { api, base, placeOf, show } from '../page.ts'
import { Layout } from './parts.tsx'

function Login() {
  const [search] = useSearchParams()
  const navigate = useNavigate()
  return <LoginPage api={api} returnTo={search.get('returnTo')} navigate={path => void navigate(path)} />
}

function Private() {
  const [search] = useSearchParams()
  return <p>private{search.get('page')}</p>
}

const router = createBrowserRouter([
  {
    path: base,
    HydrateFallback: () => null,
    Component: () => (
      <Layout api={api} note={show}>
        <Outlet />
      </Layout>
    ),
    children: [
      { path: 'login', Component: Login },
      { path: 'private', middleware: [requireSession(api, `${base}/login`)], Component: Private },
      { path: 'loaded', loader: requireSession(api, `${base}/login`), Component: Private },
    ],
  },
])
leaveWhenEnded(api, router)

createRoot(placeOf()).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
)
