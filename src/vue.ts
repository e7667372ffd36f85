export { type HasSession, type SessionRefs, useSession } from './vue/use-session.ts'
