/**
 * Every fixed time of a client, in milliseconds, and why it is as long as it is. Times that an app can choose are its options
 * (`Limits`, with their defaults in `client/check-options`). Times of development tools (inspector, explain, testing, doctor) are
 * beside their code: no user waits for them.
 */

// ── After a failed refresh (`backoff`)

/** The longest wait after one failure, before chance takes a part of it. Doubled with each further failure in a row. */
export const firstBackoffMs = 1000
export const longestBackoffMs = 60_000
/** The longest `Retry-After` that is followed. A mistake of the server, or an attacker's 10^12, must not lock users out for longer. */
export const longestRetryAfterMs = 60_000
/** Long after the last failure, the count of failures says nothing of the server: the device slept, or no request was made. */
export const failuresForgottenMs = 300_000
/** When to try again where nothing was attempted, and no better time is known. */
export const tryAgainMs = 1000
/** A timer may fire this much before the wall clock shows the end of a backoff. */
export const earlyTimerMs = 50

// ── While refreshes do not help (`refresh/circuit-breaker`, `refresh/route-counts`)

/** The token requests of this time are counted. */
export const circuitWindowMs = 30_000
/** After two unhelpful refreshes in a row a route causes none for this time. Doubled with each further one. */
export const firstRoutePauseMs = 30_000
export const longestRoutePauseMs = 900_000

// ── The refresh protocol (docs/architecture): a tab watches the lock, and the lease of another tab

/** Without the lock after this time, and no lease of another tab to be seen, a refresh goes on without it. */
export const lockPatienceMs = 2000
/** How often the record is looked at while another tab has the lock. */
export const lockLookMs = 500
/** How often the record is looked at while another tab's lease is open. */
export const leaseLookMs = 250
/** How long a rejected replay waits for a newer token, if one may come. */
export const newerTokenMs = 2000
/** A token request is sent within this time of its lease. Later, other tabs may have taken this one for lost. */
export const sentWithinMs = 2000
/** A timer that is later than this was held up: the page slept, or its timers are throttled (`lateness`). */
export const lateTimerMs = 1000
/** After a sleep, the response may be in the queue behind the timer of the deadline: it has this time to come. */
export const queuedResponseMs = 2000
/** A token response that took longer lay in a page that slept: no deadline that an app would set is as long. */
export const longestTravelMs = 60_000
/** The result of a token request is saved within this time. */
export const savedWithinMs = 2000

// ── Telling the server of a sign-out (`refresh/revocation`)

/** A start waits this long after the call before it asks who is signed in: a cookie renewed meanwhile would outlive the sign-out. */
export const signOutLeadMs = 1000
/** Within this time, a call that began at the sign-out has ended. */
export const signOutCallMs = 5000
/** A call of a sign-out that has no response by then counts as failed until it has one. Earlier than `signOutCallMs`: it has to be stored. */
export const signOutHangsMs = 4000

// ── Stores

/** After this time a read that failed is tried again, while nothing is known yet. */
export const storeRetryMs = 200
/** A call of a key-value storage or a SharedWorker that takes longer is lost. Longer than most of them are slow. */
export const lostCallMs = 5000
/** Three times what another tab's write to Web Storage was seen to lag behind (80 ms). */
export const webStorageLagMs = 250
/** A write that came after its hint is looked for after this time, then after four times as long each. */
export const lateWriteMs = 250
export const longestLookMs = 4000
/** The DPoP key is in IndexedDB: a request must not wait for a disk without end. As long as the default for the store. */
export const keyTimeoutMs = 2000

// ── Requests, responses, logins

/** A body that `shouldRefresh` reads has this time to arrive: a stream may never end. */
export const viewedBodyMs = 5000
/** While no user is signed in, `onLoginRequired` is called at most once in this time. */
export const loginQuietMs = 10_000
/** A login that is needed again within this time of the last did not help: a loop. */
export const loginLoopMs = 30_000

/** ky's own default for `timeout`: it also limits each send that comes after a wait (`client/ky-timeouts`). */
export const kyTimeoutMs = 10_000
/** A server's clock is wrong only beyond this: `Date` counts whole seconds, and was on its way for a while. */
export const clockToleranceMs = 2000

// ── The shell around a webview

/** Some shells bring their bridge only once the page has loaded: it is looked for this often, and for about a second. */
export const bridgeLookMs = 50
/** For requests to the shell that have no deadline of their own. */
export const shellTimeoutMs = 10_000
