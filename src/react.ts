'use client'

export { type HasSession, useSession, useSuspenseSession } from './react/use-session.ts'
