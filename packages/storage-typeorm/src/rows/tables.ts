// The names of our tables under the prefix of one installation.

/** Names for use in SQL. The options check the prefix, so the names need no quotes. */
export interface Tables {
  readonly meta: string
  readonly user: string
  readonly conversation: string
  readonly member: string
  readonly message: string
  readonly inbox: string
  readonly key: string
  readonly device: string
  readonly edit: string
  readonly reaction: string
  readonly follow: string
  readonly push: string
  readonly migrations: string
}

export const tablesOf = (prefix: string): Tables => ({
  meta: `${prefix}meta`,
  user: `${prefix}user`,
  conversation: `${prefix}conversation`,
  member: `${prefix}member`,
  message: `${prefix}message`,
  inbox: `${prefix}inbox`,
  key: `${prefix}key`,
  device: `${prefix}device`,
  edit: `${prefix}edit`,
  reaction: `${prefix}reaction`,
  follow: `${prefix}follow`,
  push: `${prefix}push`,
  migrations: `${prefix}migrations`,
})
