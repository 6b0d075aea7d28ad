import { compareWithMemory } from '../testing/like-memory.js'

// Other seeds than the ordinary test runs.
compareWithMemory([1, 2, 6, 10])
