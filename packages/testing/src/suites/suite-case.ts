// What the port suites are made of: cases as data, so that they can be registered with the test runner or run one by one
// against an adapter that is broken on purpose.

/** One promise of a port, checked on a fresh subject; it rejects where the promise is broken. */
export interface SuiteCase<Scene, Capability extends string = never> {
  readonly name: string
  /** What the adapter must be able to do for this case to make sense. */
  readonly needs?: Capability
  /** It stops what it is given, so it must be given a subject of its own. */
  readonly alone?: true
  run(scene: Scene): Promise<void>
}

export interface SuiteGroup<Scene, Capability extends string = never> {
  readonly title: string
  /** What the adapter must be able to do for any of its cases to make sense. */
  readonly needs?: Capability
  readonly cases: readonly SuiteCase<Scene, Capability>[]
}

/**
 * Finds a case by its name.
 * @throws Error where there is none.
 */
export function findCase<Scene, Capability extends string>(
  groups: readonly SuiteGroup<Scene, Capability>[],
  name: string,
): SuiteCase<Scene, Capability> {
  const found = groups.flatMap((group) => group.cases).find((one) => one.name === name)
  if (!found) throw new Error(`the suite has no case "${name}"`)
  return found
}
