import { compareWithMemory } from '../testing/like-memory.js'

// With this seed every kind of operation has every possible result.
compareWithMemory([5])
