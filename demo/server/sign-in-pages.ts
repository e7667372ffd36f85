import type { InteractionDetails } from 'oidc-provider'

const scopeTexts: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  offline_access: 'Keep you signed in',
  'notes:read': 'Read your notes',
  'notes:write': 'Write notes for you',
}

const key =
  '<svg class="key" viewBox="0 0 48 24" width="48" height="24" aria-hidden="true"><circle cx="11" cy="12" r="7.5"/><path d="M18.5 12H45M37 12v6.5M43 12v4.5"/></svg>'

export function loginPage({ uid, params }: InteractionDetails): string {
  return layout(
    'Sign in',
    `<h1>Sign in</h1>
    <p class="lead">Any name and any password will do. This server lives in memory, on your own machine.</p>
    <form method="post" action="/interaction/${escapeHtml(uid)}">
      <label for="login">Name</label>
      <input id="login" name="login" value="${escapeHtml(params.login_hint ?? '')}" autocomplete="username"
        autocapitalize="none" spellcheck="false" maxlength="40" pattern=".*\\S.*" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button class="button primary wide" type="submit">Sign in</button>
    </form>
    ${cancelForm(uid)}`,
  )
}

export function consentPage({ uid, params, session }: InteractionDetails): string {
  const scopes = (params.scope ?? '').split(' ').filter(scope => scope in scopeTexts)
  const wishes = scopes.map(scope => `<li>${scopeTexts[scope]}<code>${escapeHtml(scope)}</code></li>`)
  return layout(
    'Allow access',
    `<h1>Hello, ${escapeHtml(session?.accountId ?? 'stranger')}</h1>
    <p class="lead">The latchkey demo would like to:</p>
    <ul class="wishes">${wishes.join('')}</ul>
    <form method="post" action="/interaction/${escapeHtml(uid)}">
      <button class="button primary wide" type="submit" autofocus>Allow</button>
    </form>
    ${cancelForm(uid)}`,
  )
}

export function problemPage(problem: string, pageOrigin: string): string {
  return layout(
    'Something went wrong',
    `<h1>That did not work</h1>
    <p class="lead">${escapeHtml(problem)}</p>
    <p><a class="button primary wide" href="${escapeHtml(pageOrigin)}/">Back to the demo</a></p>`,
  )
}

const cancelForm = (uid: string) =>
  `<form method="post" action="/interaction/${escapeHtml(uid)}/cancel"><button class="button quiet wide" type="submit">Cancel</button></form>`

const layout = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · latchkey demo</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/style.css">
</head>
<body class="sign-in">
  <main class="card">
    <p class="wordmark">${key}Authorization server</p>
    ${body}
  </main>
</body>
</html>
`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => entities[character] ?? '')
