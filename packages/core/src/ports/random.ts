// Randomness and ids, as core sees them. They come from outside, so that a test can replay a run from its seed.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A unique id of 1 to 64 printable characters. Within a process, later ids sort after earlier ones. */
  id(): string
}
