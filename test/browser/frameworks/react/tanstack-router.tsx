import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
  useNavigate,
  useSearch,
} from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LoginPage } from '../../../../demo/recipes/react/LoginPage.tsx'
import { leaveWhenEnded, requireSession } from '../../../../demo/recipes/react/tanstack-router.ts'
import { api, base, placeOf, show } from '../page.ts'
import { Layout } from './parts.tsx'

interface Search {
  readonly returnTo?: string
  readonly page?: number
}

const root = createRootRoute({
  component: () => (
    <Layout api={api} note={show}>
      <Outlet />
    </Layout>
  ),
})
const login = createRoute({
  getParentRoute: () => root,
  path: `${base}/login`,
  component: () => {
    const { returnTo = null } = useSearch({ strict: false }) as Search
    const navigate = useNavigate()
    return <LoginPage api={api} returnTo={returnTo} navigate={to => void navigate({ to, href: to })} />
  },
})
const secret = createRoute({
  getParentRoute: () => root,
  path: `${base}/private`,
  beforeLoad: requireSession(api, `${base}/login`),
  component: () => <p>private{(useSearch({ strict: false }) as Search).page}</p>,
})
const home = createRoute({ getParentRoute: () => root, path: base })
const router = createRouter({ routeTree: root.addChildren([home, login, secret]) })
leaveWhenEnded(api, router)

createRoot(placeOf()).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
)
