// After a user was erased, its c2c conversations begin anew with the next message. Until then a new owner of the id has
// none of them.

/** SQL: whether conversation `c` holds anything for membership `mb`. */
export const isBegun = `(mb.from_seq = 0 OR c.last_seq > mb.from_seq OR c.kind <> 'c2c')`
