export { type OAuthRefreshOptions, oauthRefresh } from './refresh/strategies/oauth-refresh.ts'
