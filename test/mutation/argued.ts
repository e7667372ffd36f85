/** Survivors that no test can or should kill, as `describeMutant` writes them, each with its reason. */
export const argued: Readonly<Record<string, string>> = {
  'src/session/create-synced-store.ts: const isExposed = () => isAlone() && isShown(⟦content.credentials?.refreshToken⟧) → content.credentials.refreshToken':
    'A lease is of a session, so there are credentials.',
  'src/session/create-synced-store.ts: const found = await side.lookUp().catch(⟦() => null⟧) → () => undefined':
    'Both mean that the store cannot be read.',
  "src/session/session.ts: const isSpent = own === lastSignIn?.ofSession && hasSame('accessToken', fresh, ⟦lastSignIn?.fresh⟧) → lastSignIn.fresh":
    'Without a last sign-in, no session is its own.',
  'src/session/session.ts: const monotonicSentAt = isHeld && ⟦former?.lifetimeMs⟧ ? page.state.monotonicSentAt : sent.monotonicMs → former.lifetimeMs':
    'A token that is held already is one of the former credentials.',
  'src/session/session.ts: const lease = revocationPending?.leaseId ? ⟦records.latest?.lease⟧ : undefined → records.latest.lease':
    'Only a record has the lease that a pending revocation names.',
  'src/session/store-side.ts: : async () => (await call(find).catch(⟦() => null⟧))?.record?.credentials ?? null, → () => undefined':
    'Both mean that the store cannot be read.',
  'src/session/store-side.ts: const watching = call(() => ⟦store.watch?.(name, heard)⟧) → store.watch(name, heard)':
    'It is called only where there is one.',
  'src/session/store-side.ts: return () => void watching.then(stop => ⟦stop?.()⟧).catch(() => {}) → stop()':
    'What is thrown is caught: there is nothing to stop.',
  'src/session/store-side.ts: if (!⟦again?.()⟧ || isSlow(cause) || isMissing(cause) || clock.monotonicMs() >= until) throw cause → again()':
    'Without it, what is thrown is ignored by all callers.',
  'src/session/store-side.ts: } catch ⟦{ …⟧ → {}': 'What is `undefined` counts as `false`.',
  "src/session/create-synced-store.ts: if (⟦turn < lastSettled⟧) return state === 'unread' ? undefined : latest → turn <= lastSettled":
    'No turn is settled twice.',
  'src/session/sign-in.ts: const goesOn = credentials.refreshToken === ⟦latest.credentials?.refreshToken⟧ → latest.credentials.refreshToken':
    'An end has another session id, so the record of a session that goes on has credentials.',
  'src/session/state.ts: credentials.refreshToken !== ⟦state.credentials?.refreshToken⟧ → state.credentials.refreshToken':
    'Without credentials in this page, the access tokens differ already.',
  'src/stores/indexed-db.ts: ⟦close()⟧ → ;':
    'The event `versionchange` of the next opening closes it, too. It is there so that this does not depend on an event.',
  'src/stores/shared-memory.ts: ⟦waiting.get(data.id)?.(data)⟧ → waiting.get(data.id)(data)':
    'The worker responds once to each call.',
  'src/stores/shared-memory.ts: ⟦lastId += 1⟧ → lastId -= 1': 'Counting down, each id is used once, too.',
  'src/stores/shared-memory.ts: const stop = ⟦memory.watch?.(name, changed)⟧ → memory.watch(name, changed)':
    'A store in memory can be watched; the type of stores says that some cannot.',
  'src/stores/shared-memory.ts: ⟦stop?.()⟧ → stop()':
    'A store in memory can be watched; the type of stores says that some cannot.',
  'src/stores/web-storage.ts: return Array.isArray(stored) ? stored : ⟦[]⟧ → ["Stryker was here"]':
    'A text is no record: `asRecord` drops it.',
  "src/login/reauthenticator.ts: if (!isRejected || ⟦credentials?.refreshToken⟧ !== rejected?.refreshToken) reauthentication.settle('signed-in') → credentials.refreshToken":
    'If it is refused, both have the same access token, so both are there.',
  "src/login/reauthenticator.ts: if (!isRejected || credentials?.refreshToken !== ⟦rejected?.refreshToken⟧) reauthentication.settle('signed-in') → rejected.refreshToken":
    'If it is refused, both have the same access token, so both are there.',
  'src/refresh/apply-result.ts: const { retryAfterMs, next } = planRetry({ failure, failures, attempts: ⟦leased.lease?.attempts⟧ ?? 1, request }, ports) → leased.lease.attempts':
    'A record that was leased has its lease.',
  "src/refresh/apply-result.ts: return ⟦save.kind === 'end'⟧ ? writeEnd(emptyRecord('replaced'), sent, ports) : null → true":
    'Where no session ends, the record or this page has moved on, so the end would not be written.',
  'src/refresh/circuit-breaker.ts: const past = (times: readonly number[] = ⟦[]⟧) => times.filter(time => time <= wallMs()) → ["Stryker was here"]':
    'A text is no time: the comparison that follows drops it.',
  'src/refresh/circuit-breaker.ts: const unhelpfulTimes = () => past([...(recorded()?.unhelpful ?? ⟦[]⟧), ...uncounted.values()]) → ["Stryker was here"]':
    'A text is no time: `past` drops it.',
  'src/refresh/circuit-breaker.ts: const helpfulStarts = () => [...new Set(recent([...(recorded()?.helpful ?? ⟦[]⟧), ...notCounted]))] → ["Stryker was here"]':
    'A text is no time: `past` drops it.',
  "src/refresh/judge-failure.ts: const known = typeof status === 'number' && ⟦status > 0⟧ ? status : 0 → status >= 0":
    'It makes 0 of 0.',
  "src/refresh/judge-failure.ts: return typeof value === 'string' ? value : ⟦''⟧ → \"Stryker was here!\"":
    'A text without a media type and without a time means the same as an empty one.',
  'src/refresh/leased-record.ts: const isOfAnotherTab = isRejection && lease && lease.id !== ⟦leased.lease?.id⟧ → leased.lease.id':
    'A record that was leased has its lease.',
  'src/refresh/leased-record.ts: for (let turn = 0; seen?.lease && seen.lease.id === ⟦own?.id⟧ && hasGoneOn(seen); turn += 1) { → own.id':
    'A record that was leased has its lease.',
  'src/refresh/leased-record.ts: const hasGoneOn = (seen: StoredRecord) => seen.sessionId === sessionId || seen.revocationPending?.leaseId === ⟦own?.id⟧ → own.id':
    'A record that was leased has its lease.',
  'src/refresh/plan-retry.ts: if (leftMs > 0 && ⟦patience?.failed⟧ === failures - 1 && (askedMs ?? 0) <= leftMs) { → patience.failed':
    'Without patience, `leftMs` is 0.',
  "src/refresh/post.ts: const isJoined = isPrefix && ⟦typeof url === 'string'⟧ && !/^[a-z][a-z\\d+.-]*:/i.test(url) → true":
    'A URL object has a scheme, so it is absolute by the test that follows.',
  'src/refresh/refresh-elsewhere.ts: firstId ??= ⟦records.latest?.lease?.id⟧ → records.latest?.lease.id':
    'A lease is under way, as was asked just before.',
  'src/refresh/refresh-elsewhere.ts: firstId ??= ⟦records.latest?.lease⟧?.id → records.latest.lease':
    'A lease is under way, as was asked just before.',
  'src/refresh/refresh-elsewhere.ts: let isAsked = ⟦false⟧ → true': 'It is set before each look, and read only in one.',
  "src/refresh/refresh-request.ts: const former = cause === 'restore' || ⟦credentials?.ownerUnverified⟧ ? null : credentials → credentials.ownerUnverified":
    'Without credentials, only a start proceeds, and that is asked first.',
  'src/refresh/refresh-request.ts: if (isOld || isOver || ports.isDisposed() || (lease.underLock && ⟦lock?.lost⟧)) return null → lock.lost':
    'A lease is under the lock only where there is one.',
  "src/refresh/refresh-request.ts: if (kind === 'rejected') return { kind, reason: reasonOf(⟦seen?.credentials⟧, ports) } → seen.credentials":
    'Only a record is marked as rejected.',
  "src/refresh/refresher.ts: const mayRest = ⟦outcome.kind === 'unavailable'⟧ && outcome.isUnrotated && !flight.patience → true":
    'No other outcome has `isUnrotated`.',
  'src/refresh/refresher.ts: if (!isUnderWay(flight)) return { kind: ⟦\'disposed\'⟧ } → ""':
    'The flight is settled already, so this outcome is not used.',
  "src/refresh/refresher.ts: if (!isUnderWay(flight)) return ⟦{ kind: 'disposed' }⟧ → {}":
    'The flight is settled already, so this outcome is not used.',
  'src/refresh/revocation.ts: if (!isSignedOutSince(latest) || !(mayBring || lease?.id === ⟦own?.id⟧)) return null → own.id':
    'A record that was leased has its lease.',
  'src/refresh/revocation.ts: if (!isSignedOutSince(latest) || !(mayBring || ⟦lease?.id⟧ === own?.id)) return null → lease.id':
    'Without a lease there is nothing to change; what is thrown then changes nothing either.',
  'src/refresh/revocation.ts: lease: lease?.id === ⟦own?.id⟧ ? null : lease, → own.id':
    'A record that was leased has its lease.',
  'src/refresh/revocation.ts: leaseId: isUnderWay ? ⟦lease?.id⟧ : undefined, → lease.id':
    'Nothing is under way without a lease.',
  'src/refresh/revocation.ts: if (now?.id !== ⟦pending?.id⟧ || !now) return null → pending.id':
    'It is called only where there is one.',
  'src/refresh/revocation.ts: if (⟦pending⟧) await note() → true':
    'A record with a pending sign-out has its id, so without one here there is nothing to change.',
  'src/refresh/revocation.ts: return ⟦strategy.revoke?.({ …⟧ → strategy.revoke({ accessToken: credentials?.accessToken ?? undefined, refreshToken: credentials?.re…':
    'Without `revoke`, what is thrown then has the same effect: the server has not heard, and nothing is pending.',
  'src/http/bodies.ts: ⟦body?.cancel⟧().catch(ignored) → body.cancel':
    'Without a body it would throw, and the error would be caught as any other. It is there for speed: most responses have a body, but those without should not pay for an exception.',
  'src/http/sent-headers.ts: return Object.keys(headers).some(own => ⟦own.length === name.length⟧ && own.toLowerCase() === name.toLowerCase()) → true':
    'Names of headers are ASCII, so those that are equal in lower case are of equal length. It is there for speed: most names differ in length, and are not converted.',
  'src/http/retry-after.ts: else if (httpDate.test(value)) delayMs = Date.parse(`${value.replace(/-| GMT/g, ⟦\' \'⟧)} GMT`) - nowMs → ""':
    'V8 reads `20Nov26` as it reads `20 Nov 26`. ECMAScript leaves both to the engine, and only the form with blanks is common to all.',
  'src/request/pipeline.ts: if (⟦source⟧) cloneForReplay(context, source) → true':
    'Spares an exception: without a Request there is nothing to clone, and the error of that is caught.',
  'src/request/replay.ts: if (⟦init === nothing⟧) return { headers: {} } → false':
    'Spares time, in nearly every request: the copy of an empty init is the same.',
  'src/request/request-context.ts: if (⟦(auth ?? replay) !== undefined⟧) checkValues({ auth, replay }, requestRules) → true':
    'Spares time, in nearly every request: without a value there is nothing to check.',
}
