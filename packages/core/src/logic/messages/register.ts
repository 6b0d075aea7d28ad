// Where a program says once which message types it has.

/**
 * Augment it, and the host's side is typed everywhere without naming the types again:
 * @example
 * declare module '@rookery/core' {
 *   interface Register {
 *     types: typeof chatTypes
 *   }
 * }
 */
export interface Register {}
