// Detects a pooler that gives a server session to another client after each transaction. Behind such a pooler our
// session settings would change other clients' sessions, and theirs would change ours. The check only looks: it sets
// nothing and leaves nothing behind.

/** What is asked over a bare connection. */
interface Visit {
  /** The server's own number of the session that it leads to. */
  session(): Promise<unknown>
  begin(): Promise<unknown>
  commit(): Promise<unknown>
}

/** A connection on which nothing was set. */
interface Bare {
  close(): Promise<void>
}

/**
 * @param open opens a bare connection
 * @param visitOf how the dialect asks over it
 * @throws Error of one line where the address leads to such a pooler
 */
export async function refuseHandedOn<Link extends Bare>(
  open: () => Promise<Link>,
  visitOf: (link: Link) => Visit,
): Promise<void> {
  const links: Link[] = []
  const visit = async (): Promise<Visit> => {
    const link = await open()
    links.push(link)
    return visitOf(link)
  }
  try {
    if (!(await isHandedOn(await visit(), await visit()))) return
  } finally {
    await Promise.all(links.map((link) => link.close()))
  }
  throw new Error(
    'the address leads to a pooler that gives each session to another client after a transaction (as PgBouncer does with pool_mode = transaction), so that settings of one client reach others; give chat an address that leads to the server itself, or to a pooler that keeps each connection its session (pool_mode = session)',
  )
}

async function isHandedOn(one: Visit, other: Visit): Promise<boolean> {
  const own = await one.session()
  // This finds a pooler that assigns its sessions in turn or at random.
  for (let looks = 0; looks < looksMax; looks += 1) if ((await one.session()) !== own) return true
  try {
    await other.begin()
  } catch {
    // A pooler that changes the session after each statement refuses transactions.
    return true
  }
  try {
    // This finds a pooler that assigns the session that was returned last.
    if ((await other.session()) === own) return true
    for (let looks = 0; looks < looksMax; looks += 1) if ((await one.session()) !== own) return true
    return false
  } finally {
    await other.commit()
  }
}

const looksMax = 4
