export { type OAuthRefreshOptions, oauthRefresh } from './refresh/oauth-refresh.ts'
