// RxJS: an observable that begins with the current snapshot. In Angular: `toSignal(sessionOf(api), { requireSync: true })`.
import type { Client, SessionSnapshot } from 'latchkey'
import { Observable } from 'rxjs'

export const sessionOf = ({ session }: Pick<Client, 'session'>): Observable<SessionSnapshot> =>
  new Observable(subscriber => {
    const follow = () => subscriber.next(session.getSnapshot())
    follow()
    session.ready()
    return session.subscribe(follow)
  })
