// The names of our functions. Each ends in the revision of the functions' text, so that no function changes while a
// node uses it, and nodes of two versions can run side by side.

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
  readonly pushRegister: string
  readonly pushUnregister: string
  readonly pushChange: string
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
  pushRegister: `${prefix}push_register${suffix}`,
  pushUnregister: `${prefix}push_unregister${suffix}`,
  pushChange: `${prefix}push_change${suffix}`,
})

/** Raised where a row is missing that the caller knows: the caller's knowledge is of another database. */
export const staleMemory = 'RKY01'

/** Raised where a batch does not fit the function: a key is known, a version is stale, or a row is missing. */
export const notAsKnown = 'RKY02'
