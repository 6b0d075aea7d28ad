// The parts of the port suites: cases are data, so that a test runner can register them, and a proof can run one of
// them against an adapter that is broken on purpose.

/** One promise of a port, checked on a fresh subject; it rejects if the adapter breaks the promise. */
export interface SuiteCase<Scene, Capability extends string = never> {
  readonly name: string
  /** What the adapter must be able to do for this case to make sense. */
  readonly needs?: Capability
  /** The case stops its instance, so it needs its own subject. */
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
 * @throws Error if there is none
 */
export function findCase<Scene, Capability extends string>(
  groups: readonly SuiteGroup<Scene, Capability>[],
  name: string,
): SuiteCase<Scene, Capability> {
  const found = groups.flatMap((group) => group.cases).find((one) => one.name === name)
  if (!found) throw new Error(`the suite has no case "${name}"`)
  return found
}
