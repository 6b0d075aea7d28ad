// The names of our functions. They end in the revision of their text, so that a function is never changed under a node
// that uses it: nodes of both versions run beside each other.

export interface Functions {
  readonly make: string
  readonly lock: string
  readonly append: string
  readonly appendKnown: string
  readonly apply: string
  readonly read: string
  readonly settings: string
  readonly custom: string
  readonly device: string
  readonly raiseLogin: string
  readonly post: string
  readonly control: string
  readonly group: string
}

export const functionsNamed = (prefix: string, suffix: string): Functions => ({
  make: `${prefix}make${suffix}`,
  lock: `${prefix}lock${suffix}`,
  append: `${prefix}append${suffix}`,
  appendKnown: `${prefix}append_known${suffix}`,
  apply: `${prefix}apply${suffix}`,
  read: `${prefix}read${suffix}`,
  settings: `${prefix}settings${suffix}`,
  custom: `${prefix}custom${suffix}`,
  device: `${prefix}device_seen${suffix}`,
  raiseLogin: `${prefix}raise_login${suffix}`,
  post: `${prefix}post${suffix}`,
  control: `${prefix}control${suffix}`,
  group: `${prefix}group${suffix}`,
})

/** Raised where a row is missing that the caller took for known: what it remembers is of another database. */
export const staleMemory = 'RKY01'

/** Raised where a batch is not what its caller took it for: known, stale, or to rows that are not there. */
export const notAsKnown = 'RKY02'
