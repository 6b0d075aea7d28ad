import { compareManyWithMemory, compareWithMemory } from '../testing/like-memory.js'

// Other seeds than the ordinary test runs.
compareWithMemory([1, 2, 6, 10])

/** `SEEDS` sets the number of seeds, `FROM` the first one. */
compareManyWithMemory(Number(process.env['FROM'] ?? 1_201), Number(process.env['SEEDS'] ?? 180))
