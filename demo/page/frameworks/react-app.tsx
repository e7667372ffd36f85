import { useSession } from 'latchkey/react'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { ask, createApi } from './create-api.ts'

const api = createApi()

function App() {
  const { status, subject } = useSession(api)
  const [outcome, setOutcome] = useState('Nothing was sent yet.')
  return (
    <>
      <p role="status">{status === 'signed-in' ? `Signed in as ${subject}` : `The session is ${status}`}</p>
      <div className="buttons">
        <button className="button primary" type="button" onClick={async () => setOutcome(await ask(api))}>
          Send a request
        </button>
        <button className="button" type="button" onClick={api.session.signOut}>
          Sign out
        </button>
      </div>
      <p>{outcome}</p>
    </>
  )
}

export const mountReactApp = (place: HTMLElement): void =>
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
