// Whether the server's sessions are handed on between transactions, as poolers do. What we set for a session would then meet
// strangers, and what strangers set would meet us. Found by looking alone: nothing is set, and nothing stays behind.

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
 * @throws Error of one line where they are
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
    'the address leads to a pooler that hands sessions on between transactions (as PgBouncer does with pool_mode = transaction), where the settings of one connection meet others; give chat an address of its own that leads to the server itself, or to a pooler that keeps each connection its session (pool_mode = session)',
  )
}

async function isHandedOn(one: Visit, other: Visit): Promise<boolean> {
  const own = await one.session()
  // A pool that gives its sessions out in turn, or by chance.
  for (let looks = 0; looks < looksMax; looks += 1) if ((await one.session()) !== own) return true
  try {
    await other.begin()
  } catch {
    // One that hands them on after each statement takes no transactions.
    return true
  }
  try {
    // A pool that gives out first what came back last.
    if ((await other.session()) === own) return true
    for (let looks = 0; looks < looksMax; looks += 1) if ((await one.session()) !== own) return true
    return false
  } finally {
    await other.commit()
  }
}

const looksMax = 4
