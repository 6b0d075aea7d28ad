import { compareWithMemory } from '../testing/like-memory.js'

// A seed under which every kind of operation ends in every way.
compareWithMemory([3])
