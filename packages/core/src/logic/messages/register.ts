// Where a program registers its message types, once.

/**
 * Augment this interface, and the host's side is typed everywhere; you need not name the types again:
 * @example
 * declare module '@rookery/core' {
 *   interface Register {
 *     types: typeof chatTypes
 *   }
 * }
 */
export interface Register {}
