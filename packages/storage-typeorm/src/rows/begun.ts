// Where a user was erased, its c2c conversations begin anew with the next message: there is none for whoever bears the id then.

/** SQL: that there is something for membership `mb` in conversation `c`. */
export const isBegun = `(mb.from_seq = 0 OR c.last_seq > mb.from_seq OR c.kind <> 'c2c')`
