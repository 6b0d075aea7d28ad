// The order in which clients get the nodes: random, so that clients spread, and nodes with more room come first more
// often.

/**
 * Shuffles nodes so that each comes first with a chance in proportion to its free room. A node counts as full at twice the
 * average number of sessions, and keeps a tenth of the average as its room then: an empty node that was just added gets
 * twice its share of the clients, not all of them. (Weighted sampling without replacement after Efraimidis and Spirakis,
 * 2006.)
 * @param random uniform in [0, 1)
 */
export function shuffleByRoom<Node extends { readonly sessions: number }>(
  nodes: readonly Node[],
  random: () => number,
): Node[] {
  const average = nodes.reduce((sum, { sessions }) => sum + sessions, 0) / nodes.length
  const roomOf = ({ sessions }: Node): number => Math.max(2 * average - sessions, average / 10) + 1
  return nodes
    .map((node) => ({ node, key: Math.log(1 - random()) / roomOf(node) }))
    .sort((a, b) => b.key - a.key)
    .map(({ node }) => node)
}
