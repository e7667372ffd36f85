/** What the preview of 0.1 called the members of a record that have other names since version 2. */
const names: Readonly<Record<string, string>> = {
  session: 'sessionId',
  claim: 'lease',
  refused: 'rejected',
  counts: 'refreshCounts',
  begun: 'started',
  fruitless: 'unhelpful',
  tries: 'attempts',
  at: 'signedOutAt',
  exchange: 'leaseId',
  withheld: 'tokensElsewhere',
  unproved: 'ownerUnverified',
  key: 'keyThumbprint',
  others: 'audienceTokens',
}

/** Names in it are the app's or the server's. */
const isForeign = (name: string) => /^(?:claims|others|sid|authTime)$/.test(name)

/** A record of version 1 in the names of today. */
export function renameMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([name, member]) => [
    Object.hasOwn(names, name) ? names[name] : name,
    isForeign(name) ? member : name === 'endedBy' && member === 'refused' ? 'refresh-rejected' : renameMembers(member),
  ])
  return Object.fromEntries(entries)
}
