/** As `latchkey doctor --help` prints it. */
export const help = `Usage: latchkey doctor [options]

Examines an API and a token endpoint with a test account, and says what keeps users from staying signed in.
It prints what it will use up and asks before it does. Use a test account: sessions of it may end.

What to examine
  --api <url>                  A URL that needs an access token; it is read with GET
  --origin <origin>            The origin of your page, for CORS
  --token-endpoint <url>       OAuth's token endpoint, with --client-id
  --client-id <id>             The id of a public client
  --parameter <name=value>     A further parameter of the token request; may be repeated
  --refresh-endpoint <url>     Instead: an endpoint of your own that takes {"refreshToken": …} as JSON
  --cookie                     The refresh endpoint takes a cookie
  --csrf-header <name=value>   What cookie mode sends against CSRF (X-Requested-With=latchkey)
  --login-endpoint <url>       Signs the test account in by JSON, as often as a session is needed
  --revocation-endpoint <url>  OAuth's revocation endpoint, or your sign-out
  --dpop                       Tokens are bound to a key

Secrets, never given as arguments: those are kept in the shell's history and shown to other users of the machine
  LATCHKEY_REFRESH_TOKEN       One refresh token a line; each is one session
  LATCHKEY_ACCESS_TOKEN        An access token
  LATCHKEY_COOKIE              One Cookie value a line; each is one session
  LATCHKEY_LOGIN               JSON that --login-endpoint is sent
  LATCHKEY_DPOP_KEY            The private JWK that the refresh tokens are bound to
  --refresh-token-stdin, --access-token-stdin, --cookie-stdin, --login-stdin
                               Read one of them from standard input instead

How far to go
  --spend <level>              nothing: use nothing up · refresh: replace the refresh token · session: may end sessions (default)
  --grace-seconds <seconds>    How long your server accepts a replaced refresh token (30)
  --only <check,…>             Make these checks only
  --skip <check,…>             Leave these checks out
  --timeout-ms <ms>            For each request (10000)
  -y, --yes                    Do not ask

Output
  --json                       One JSON document on standard output
  --verbose                    Evidence and reasons for every check
  -h, --help                   This text

Exit code: 0 no fault · 1 faults · 2 could not be run, a server did not respond, or the login failed or its secret was missing
What each check means: https://github.com/latchkey-js/latchkey/blob/main/docs/doctor.md
`
